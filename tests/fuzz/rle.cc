// DICOM's run-length encoding: first a byte whose lowest bit tells the size of a number, then two
// of how many.
#include "data_loader/rle_decoder.h"

#include "tests/fuzz/fuzz_target.h"

namespace gvsl::fuzz {

int RunRle(Bytes bytes) {
  if (bytes.size() < 3) return 0;
  const std::size_t pixels = std::size_t{bytes[1]} << 8U | bytes[2];
  const auto numbers = data_loader::DecodeRle(bytes.subspan(3), pixels, 1 + bytes[0] % 2);
  Demand(!numbers || numbers->size() == pixels, "not as many numbers as asked for");
  return 0;
}

}  // namespace gvsl::fuzz
