#include "data_loader/jpeg2000_structure.h"

#include <algorithm>
#include <cstddef>

namespace gvsl::data_loader {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint64_t kMostTiles = 4096;
constexpr std::uint64_t kMostLayers = 256;
constexpr int kLeastPrecinct = 3;  // as a power of 2

constexpr std::uint8_t kSize = 0x51, kCoding = 0x52, kComponentCoding = 0x53;
constexpr std::uint8_t kStartOfTilePart = 0x90, kStartOfData = 0x93, kEnd = 0xd9;

// Big endian; 0 beyond the end.
std::uint64_t Number(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    value = value << 8 | (i < bytes.size() ? bytes[i] : 0);
  }
  return value;
}

// `segment` begins with its marker.
bool HasFewTiles(Bytes segment) {
  const auto along = [&](std::size_t end, std::size_t tile, std::size_t begin) -> std::uint64_t {
    const std::uint64_t last = Number(segment, end, 4), first = Number(segment, begin, 4);
    const std::uint64_t length = Number(segment, tile, 4);
    if (length == 0 || first >= last) return kMostTiles + 1;
    return (last - first + length - 1) / length;
  };
  const std::uint64_t across = along(6, 22, 30), down = along(10, 26, 34);
  return across <= kMostTiles && down <= kMostTiles && across * down <= kMostTiles;
}

// Of one that says so itself, one byte for each resolution.
bool HasLargePrecincts(Bytes segment, std::size_t style, std::size_t sizes) {
  if ((Number(segment, style, 1) & 1) == 0 || sizes >= segment.size()) return true;
  return std::ranges::all_of(segment.subspan(sizes), [](std::uint8_t size) {
    return (size & 0x0f) >= kLeastPrecinct && size >> 4 >= kLeastPrecinct;
  });
}

bool IsSensible(Bytes segment) {
  switch (segment[1]) {
    case kSize:
      return HasFewTiles(segment);
    case kCoding:
      return Number(segment, 6, 2) <= kMostLayers && HasLargePrecincts(segment, 4, 14);
    case kComponentCoding:
      return HasLargePrecincts(segment, 5, 11);
    default:
      return true;
  }
}

}  // namespace

bool IsDividedSensibly(Bytes bytes) {
  std::size_t at = 2;    // behind the marker of the start
  std::size_t next = 0;  // where the next part of a tile begins
  while (at + 2 <= bytes.size() && bytes[at] == 0xff && bytes[at + 1] != kEnd) {
    if (bytes[at + 1] == kStartOfData) {
      if (next <= at) return true;  // to the end
      at = next;
      continue;
    }
    const std::uint64_t length = Number(bytes, at + 2, 2);
    if (length < 2 || length + 2 > bytes.size() - at) return false;
    const Bytes segment = bytes.subspan(at, 2 + length);
    if (!IsSensible(segment)) return false;
    if (segment[1] == kStartOfTilePart) {
      const std::uint64_t whole = Number(segment, 6, 4);
      next = whole == 0 ? 0 : at + whole;
    }
    at += segment.size();
  }
  return next != 0 || (at + 2 <= bytes.size() && bytes[at] == 0xff);
}

}  // namespace gvsl::data_loader
