// The bytes of a file from front to back, taken out of gzip where it is one: told by its first two
// bytes, not by its name. Memory does not grow with the file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gvsl::data_loader {

// The most bytes that `file_bytes` of gzip can become.
double MostUnpacked(double file_bytes);

class FileBytes {
 public:
  // Null when the file cannot be opened. Throws std::bad_alloc.
  static std::unique_ptr<FileBytes> Open(const std::string& path);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  bool is_gzip() const;
  bool is_damaged() const;          // gzip that was found to end early or to be none
  std::int64_t file_bytes() const;  // on the disk

  // How many it got: fewer than asked for at the end, or where gzip is damaged.
  std::size_t Read(std::span<char> bytes);
  // False when the file ends before.
  bool Skip(std::int64_t bytes);

  // What is left when everything wanted was read: gzip shows only at its end that it is whole.
  enum class Rest { kWhole, kDamaged, kTooLong };
  // At least `promised` further bytes are wanted, and more than `most` are refused. Of an
  // uncompressed file nothing is read.
  Rest Finish(std::int64_t promised, std::int64_t most);

 private:
  class Gzip;
  FileBytes(int file_descriptor, std::int64_t file_bytes);
  std::size_t ReadRaw(std::span<char> bytes);

  int file_descriptor_;
  std::int64_t file_bytes_;
  std::int64_t place_ = 0;      // of an uncompressed file
  std::unique_ptr<Gzip> gzip_;  // null: not compressed
};

}  // namespace gvsl::data_loader
