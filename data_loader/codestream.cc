#include "data_loader/codestream.h"

#include <algorithm>
#include <array>

namespace gvsl::data_loader {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, 12> kBoxes = {0,   0,   0,    12, 'j',  'P',
                                                 ' ', ' ', 0x0d, 10, 0x87, 10};
constexpr std::uint8_t kStartOfImage = 0xd8, kEndOfImage = 0xd9, kStartOfScan = 0xda;
constexpr int kGreatestPrecision = 38;  // of JPEG 2000
constexpr std::uint8_t kStartOfCodestream = 0x4f, kSize = 0x51;

// Big endian; 0 beyond the end, so that whoever needs it refuses it.
std::uint64_t Number(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + count; ++i)
    value = value << 8 | (i < bytes.size() ? bytes[i] : 0);
  return value;
}

bool HasMarker(Bytes bytes, std::size_t at, std::uint8_t marker) {
  return at + 1 < bytes.size() && bytes[at] == 0xff && bytes[at + 1] == marker;
}

// Behind the last marker of an end, which no coded data contain; 0 where there is none.
std::size_t EndOf(Bytes bytes) {
  for (std::size_t at = bytes.size(); at >= 2; --at) {
    if (HasMarker(bytes, at - 2, kEndOfImage)) return at;
  }
  return 0;
}

// SOF0 to SOF15 and JPEG-LS's SOF55, without DHT, JPG and DAC, which lie among them.
bool IsFrameHeader(std::uint8_t marker) {
  if (marker == 0xf7) return true;
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// Of a progressive one there are some ten; none stands in coded data.
bool HasTooManyScans(Bytes bytes) {
  constexpr int kMostScans = 100;
  int scans = 0;
  for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
    if (HasMarker(bytes, at, kStartOfScan) && ++scans > kMostScans) return true;
  }
  return false;
}

std::optional<Codestream> ReadJpeg(Bytes bytes) {
  if (HasTooManyScans(bytes)) return std::nullopt;
  std::optional<Codestream> stream;
  std::size_t at = 2;
  while (at + 4 <= bytes.size() && bytes[at] == 0xff) {
    const std::uint8_t marker = bytes[at + 1];
    if (marker == 0xff) {  // fill
      ++at;
      continue;
    }
    if (marker == kStartOfScan) break;
    if (IsFrameHeader(marker)) {
      if (stream || at + 10 > bytes.size() || bytes[at + 4] == 0) return std::nullopt;
      stream = {static_cast<std::int64_t>(Number(bytes, at + 7, 2)),
                static_cast<std::int64_t>(Number(bytes, at + 5, 2)),
                bytes[at + 4],
                bytes[at + 9],
                std::nullopt,
                EndOf(bytes) > at};
      if (stream->precision > kGreatestPrecision) return std::nullopt;
    }
    at += 2 + Number(bytes, at + 2, 2);
  }
  return stream;
}

std::optional<Codestream> ReadJpeg2000(Bytes bytes) {
  constexpr std::size_t kShortest = 2 + 2 + 38 + 3;  // SOC, SIZ of one component
  if (bytes.size() < kShortest || !HasMarker(bytes, 2, kSize)) return std::nullopt;
  const auto length = [&](std::size_t end, std::size_t begin) {
    return static_cast<std::int64_t>(Number(bytes, end, 4)) -
           static_cast<std::int64_t>(Number(bytes, begin, 4));
  };
  const std::uint8_t sample = bytes[42];
  if ((sample & 0x7f) >= kGreatestPrecision) return std::nullopt;
  return Codestream{length(8, 16),        length(12, 20),
                    (sample & 0x7f) + 1,  static_cast<int>(Number(bytes, 40, 2)),
                    (sample & 0x80) != 0, EndOf(bytes) > kShortest};
}

// The contents of the first box that holds a codestream.
Bytes Unboxed(Bytes bytes) {
  std::size_t at = 0;
  while (at + 8 <= bytes.size()) {
    const bool is_long = Number(bytes, at, 4) == 1;
    const std::size_t header = is_long ? 16 : 8;
    std::uint64_t length = Number(bytes, is_long ? at + 8 : at, is_long ? 8 : 4);
    if (length == 0) length = bytes.size() - at;  // to the end
    if (length < header || length > bytes.size() - at) return {};
    constexpr std::uint64_t kContiguousCodestream = 0x6a703263;  // "jp2c"
    if (Number(bytes, at + 4, 4) == kContiguousCodestream) {
      return bytes.subspan(at + header, length - header);
    }
    at += length;
  }
  return {};
}

bool IsBoxed(Bytes bytes) {
  return bytes.size() >= kBoxes.size() && std::equal(kBoxes.begin(), kBoxes.end(), bytes.begin());
}

}  // namespace

std::optional<Codestream> ReadCodestream(Bytes bytes) {
  if (IsBoxed(bytes)) bytes = Unboxed(bytes);
  if (HasMarker(bytes, 0, kStartOfImage)) return ReadJpeg(bytes);
  if (HasMarker(bytes, 0, kStartOfCodestream)) return ReadJpeg2000(bytes);
  return std::nullopt;
}

Bytes BareCodestream(Bytes bytes) {
  if (IsBoxed(bytes)) bytes = Unboxed(bytes);
  return bytes.first(EndOf(bytes));
}

}  // namespace gvsl::data_loader
