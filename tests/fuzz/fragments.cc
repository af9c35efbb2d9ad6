// Which fragments make up which frame: a byte of how many frames there are, one of how many
// offsets, then offsets and lengths, of which an odd one begins a codestream.
#include <vector>

#include "data_loader/frame_fragments.h"
#include "tests/fuzz/fuzz_target.h"

namespace gvsl::fuzz {

int RunFragments(Bytes bytes) {
  if (bytes.size() < 2) return 0;
  const std::size_t frames = bytes[0];
  std::vector<std::uint32_t> offsets, lengths;
  for (std::size_t at = 2; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t number = 0;
    for (std::size_t i = 4; i-- > 0;) number = number << 8U | bytes[at + i];
    (offsets.size() < bytes[1] ? offsets : lengths).push_back(number);
  }
  const auto ranges = data_loader::DivideFragments(
      frames, offsets, lengths, [&](std::size_t i) { return lengths.at(i) % 2 == 1; });
  Demand(ranges.empty() || ranges.size() == frames, "not as many ranges as frames");
  std::size_t end = 0;
  for (const auto& range : ranges) {
    Demand(range.begin == end && range.end >= range.begin && range.end <= lengths.size(),
           "ranges that do not follow each other");
    end = range.end;
  }
  return 0;
}

}  // namespace gvsl::fuzz
