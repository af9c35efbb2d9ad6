#include "data_loader/native_pixels.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace gvsl::data_loader {
namespace {

static_assert(std::endian::native == std::endian::little);

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool is_open() const { return descriptor_ >= 0; }

  FileState State() const {
    struct stat found = {};
    if (::fstat(descriptor_, &found) != 0) return {};
    return {static_cast<std::uint64_t>(found.st_size),
            std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
  }

  bool Read(void* into, std::uint64_t bytes, std::uint64_t offset) const {
    auto* out = static_cast<char*>(into);
    while (bytes > 0) {
      const ssize_t count = ::pread(descriptor_, out, bytes, static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      out += count;
      offset += static_cast<std::uint64_t>(count);
      bytes -= static_cast<std::uint64_t>(count);
    }
    return true;
  }

 private:
  int descriptor_;
};

// From the last: both lie in the same room.
void Widen(std::vector<std::uint16_t>& words, std::size_t count) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(words.data());
  for (std::size_t i = count; i-- > 0;) words[i] = bytes[i];
}

}  // namespace

FileHead ReadFileHead(const std::string& path, std::size_t most) {
  FileHead head;
  const OpenFile file(path);
  if (!file.is_open()) throw std::runtime_error("it cannot be opened");
  head.file = file.State();
  head.bytes.resize(std::min<std::uint64_t>(most, head.file.bytes));
  if (!file.Read(head.bytes.data(), head.bytes.size(), 0)) {
    throw std::runtime_error("it cannot be read");
  }
  return head;
}

OrRejection<SliceValues> ReadNativePixels(const std::string& path, const NativePixels& pixels,
                                          Bits bits, std::vector<std::uint16_t>& words) {
  if (Rejection found = CheckFormat(pixels.format); !found.code.empty()) return found;
  const std::uint64_t each = pixels.format.bits_allocated == 8 ? 1 : 2;
  words.resize(pixels.count);
  const OpenFile file(path);
  if (!file.is_open() || file.State() != pixels.file ||
      !file.Read(words.data(), pixels.count * each, pixels.offset)) {
    return Rejection{"UNREADABLE", "it changed while it was read; try again", path};
  }
  if (each == 1) Widen(words, pixels.count);
  return ToValues(words, pixels.format, bits);
}

}  // namespace gvsl::data_loader
