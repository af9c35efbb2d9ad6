#include "data_loader/rle_decoder.h"

#include <algorithm>

namespace gvsl::data_loader {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kHeader = 64;       // the number of segments, and where up to 15 begin
constexpr std::size_t kLongestRun = 128;  // of two bytes

std::size_t LittleEndian(Bytes bytes, std::size_t word) {
  std::size_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | bytes[4 * word + i];
  return value;
}

// PackBits: the bytes of `pixels` numbers at one place of significance. What is behind is padding.
bool AddSegment(Bytes segment, int shift, std::vector<std::uint16_t>& numbers) {
  std::size_t at = 0, done = 0;
  const auto add = [&](std::uint8_t byte) {
    numbers[done++] |= static_cast<std::uint16_t>(byte << shift);
  };
  while (done < numbers.size()) {
    if (at >= segment.size()) return false;
    const std::size_t control = segment[at++];
    if (control == 128) continue;  // no operation
    const std::size_t left = numbers.size() - done;
    if (control > 128) {
      if (at >= segment.size()) return false;
      const std::uint8_t byte = segment[at++];
      for (std::size_t i = std::min(257 - control, left); i > 0; --i) add(byte);
    } else {
      const std::size_t count = std::min(control + 1, left);
      if (count > segment.size() - at) return false;
      for (std::size_t i = 0; i < count; ++i) add(segment[at + i]);
      at += control + 1;
    }
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::uint16_t>> DecodeRle(Bytes bytes, std::size_t pixels,
                                                    int bytes_each) {
  const auto segments = static_cast<std::size_t>(bytes_each);
  if (bytes.size() < kHeader || LittleEndian(bytes, 0) != segments) return std::nullopt;
  if (pixels * segments / kLongestRun > bytes.size() / 2) return std::nullopt;
  std::vector<std::uint16_t> numbers(pixels);
  for (std::size_t segment = 0; segment < segments; ++segment) {
    const std::size_t begin = LittleEndian(bytes, 1 + segment);
    const std::size_t end =
        segment + 1 < segments ? LittleEndian(bytes, 2 + segment) : bytes.size();
    if (begin < kHeader || begin > end || end > bytes.size()) return std::nullopt;
    const int shift = 8 * static_cast<int>(segments - 1 - segment);  // the greatest comes first
    if (!AddSegment(bytes.subspan(begin, end - begin), shift, numbers)) return std::nullopt;
  }
  return numbers;
}

}  // namespace gvsl::data_loader
