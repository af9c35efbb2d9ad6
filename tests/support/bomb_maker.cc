#include "tests/support/bomb_maker.h"

#include <zlib.h>

#include <stdexcept>

namespace gvsl::testing {
namespace {

class Packer {
 public:
  explicit Packer(Packing packing) {
    const int bits = packing == Packing::kGzip ? 15 + 16 : -15;
    if (deflateInit2(&stream_, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::runtime_error("deflate");
    }
  }
  ~Packer() { deflateEnd(&stream_); }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  // So that what follows does not depend on what came before.
  std::string Pack(std::string bytes, int flush = Z_FULL_FLUSH) {
    std::string packed(deflateBound(&stream_, bytes.size()) + 64, '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_out = static_cast<uInt>(packed.size());
    if (deflate(&stream_, flush) == Z_STREAM_ERROR) throw std::runtime_error("deflate");
    packed.resize(packed.size() - stream_.avail_out);
    return packed;
  }

 private:
  z_stream stream_{};
};

}  // namespace

std::string PackedZeros(const std::string& begin, std::uint64_t megabytes, Packing packing) {
  constexpr std::uint64_t kMegabytesEach = 16;
  Packer packer(packing);
  std::string packed = packer.Pack(begin);
  const std::string zeros = packer.Pack(std::string(kMegabytesEach << 20U, '\0'));
  for (std::uint64_t i = 0; i < megabytes / kMegabytesEach; ++i) packed += zeros;
  return packed + packer.Pack("", Z_FINISH);
}

}  // namespace gvsl::testing
