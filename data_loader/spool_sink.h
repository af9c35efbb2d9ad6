// The objects of one series as DICOM files in a folder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/file_system.h"
#include "data_loader/archive.h"

namespace gvsl::data_loader {

// RESOURCE_EXHAUSTED where less than `least` bytes are free.
Status CheckSpace(FileSystem& files, const std::string& directory, std::uint64_t least);

// Files that nobody but their owner can read, called by a number; each is synced before the archive
// is told that it arrived. The folder must be there and empty; its names are not synced here.
class SpoolSink final : public ObjectSink {
 public:
  // RESOURCE_EXHAUSTED once less than `least_free_bytes` are free.
  SpoolSink(FileSystem& files, std::string directory, std::uint64_t least_free_bytes = 0)
      : files_(files), directory_(std::move(directory)), least_free_bytes_(least_free_bytes) {}

  Status Begin(const ArchiveObject& object) override;
  Status Append(std::string_view bytes) override;
  Status End() override;

  std::uint64_t objects() const { return numbers_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  bool disk_failed() const { return disk_failed_; }  // else an error is the archive's

 private:
  Status Noted(Status status);
  Status CheckSpace();

  FileSystem& files_;
  const std::string directory_;
  const std::uint64_t least_free_bytes_;
  std::uint64_t looked_at_ = 0;                 // bytes when the disk was asked last
  std::map<std::string, std::size_t> numbers_;  // of SOP instance UIDs
  std::unique_ptr<WritableFile> file_;
  std::uint64_t bytes_ = 0;
  bool disk_failed_ = false;
};

}  // namespace gvsl::data_loader
