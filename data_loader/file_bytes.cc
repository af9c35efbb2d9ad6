#include "data_loader/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <vector>

namespace gvsl::data_loader {
namespace {

constexpr double kBestCompression = 1100;  // gzip's bound is 1032
constexpr std::size_t kPackedBytes = 1 << 18;
constexpr std::size_t kDiscardedBytes = 1 << 18;
constexpr int kGzipWindow = 15 + 16;  // zlib's sign for gzip alone, with its check of the end

bool BeginsGzip(const char* bytes, std::size_t count) {
  return count >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

}  // namespace

double MostUnpacked(double file_bytes) { return file_bytes * kBestCompression; }

// One member after the other, as `cat a.gz b.gz` and bgzip make them. What follows the last and is
// no gzip is passed over.
class FileBytes::Gzip {
 public:
  explicit Gzip(FileBytes& file) : file_(file), packed_(kPackedBytes) {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  bool damaged() const { return damaged_; }

  std::size_t Read(std::span<char> bytes) {
    std::size_t filled = 0;
    while (filled < bytes.size() && !damaged_ && !ended_) {
      // An unsigned int counts zlib's bytes.
      const auto room = static_cast<uInt>(std::min<std::size_t>(bytes.size() - filled, 1U << 30));
      stream_.next_out = reinterpret_cast<Bytef*>(bytes.data() + filled);
      stream_.avail_out = room;
      Unpack();
      filled += room - stream_.avail_out;
    }
    return filled;
  }

 private:
  void Unpack() {
    if (stream_.avail_in == 0 && !Fill()) {
      damaged_ = true;  // before its end
      return;
    }
    switch (inflate(&stream_, Z_NO_FLUSH)) {
      case Z_OK:
      case Z_BUF_ERROR:
        return;
      case Z_STREAM_END:
        ended_ = !BeginNextMember();
        return;
      case Z_MEM_ERROR:
        throw std::bad_alloc();
      default:
        damaged_ = true;
    }
  }

  // Behind what is there. False when nothing came.
  bool Fill() {
    std::memmove(packed_.data(), stream_.next_in, stream_.avail_in);
    const std::size_t count = file_.ReadRaw(std::span(packed_).subspan(stream_.avail_in));
    stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
    stream_.avail_in += static_cast<uInt>(count);
    return count > 0;
  }

  bool BeginNextMember() {
    if (stream_.avail_in < 2) Fill();
    return BeginsGzip(reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in) &&
           inflateReset(&stream_) == Z_OK;
  }

  FileBytes& file_;
  std::vector<char> packed_;
  z_stream stream_ = [this] {
    z_stream stream{};
    stream.next_in = reinterpret_cast<Bytef*>(packed_.data());
    return stream;
  }();
  bool damaged_ = false;
  bool ended_ = false;
};

FileBytes::FileBytes(int file_descriptor, std::int64_t file_bytes)
    : file_descriptor_(file_descriptor), file_bytes_(file_bytes) {}

FileBytes::~FileBytes() { ::close(file_descriptor_); }

std::unique_ptr<FileBytes> FileBytes::Open(const std::string& path) {
  const int file_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file_descriptor < 0) return nullptr;
  struct stat info {};
  if (::fstat(file_descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(file_descriptor);
    return nullptr;
  }
  std::unique_ptr<FileBytes> file(new FileBytes(file_descriptor, info.st_size));
  std::array<char, 2> begin{};
  const std::size_t count = file->ReadRaw(begin);
  if (::lseek(file_descriptor, 0, SEEK_SET) != 0) return nullptr;
  if (BeginsGzip(begin.data(), count)) file->gzip_ = std::make_unique<Gzip>(*file);
  return file;
}

bool FileBytes::is_gzip() const { return gzip_ != nullptr; }

bool FileBytes::is_damaged() const { return gzip_ && gzip_->damaged(); }

std::int64_t FileBytes::file_bytes() const { return file_bytes_; }

std::size_t FileBytes::ReadRaw(std::span<char> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::read(file_descriptor_, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

std::size_t FileBytes::Read(std::span<char> bytes) {
  if (gzip_) return gzip_->Read(bytes);
  const std::size_t count = ReadRaw(bytes);
  place_ += static_cast<std::int64_t>(count);
  return count;
}

bool FileBytes::Skip(std::int64_t bytes) {
  if (!gzip_) {
    if (bytes > file_bytes_ - place_) return false;
    place_ += bytes;
    return ::lseek(file_descriptor_, place_, SEEK_SET) == place_;
  }
  std::vector<char> discarded(kDiscardedBytes);
  while (bytes > 0) {
    const auto count = std::min<std::int64_t>(bytes, kDiscardedBytes);
    if (gzip_->Read(std::span(discarded).first(static_cast<std::size_t>(count))) !=
        static_cast<std::size_t>(count)) {
      return false;
    }
    bytes -= count;
  }
  return true;
}

FileBytes::Rest FileBytes::Finish(std::int64_t promised, std::int64_t most) {
  if (!gzip_) return Rest::kWhole;  // its size says whether it is
  if (!Skip(promised)) return Rest::kDamaged;
  std::vector<char> discarded(kDiscardedBytes);
  std::int64_t further = promised;
  while (further <= most) {
    const std::size_t count = gzip_->Read(discarded);
    further += static_cast<std::int64_t>(count);
    if (count == discarded.size()) continue;
    return gzip_->damaged() ? Rest::kDamaged : Rest::kWhole;
  }
  return Rest::kTooLong;
}

}  // namespace gvsl::data_loader
