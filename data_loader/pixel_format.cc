#include "data_loader/pixel_format.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

constexpr double kLargestValue = std::numeric_limits<float>::max();

int Shift(const PixelFormat& format) { return format.high_bit + 1 - format.bits_stored; }

std::uint32_t Mask(int bits) { return (1U << bits) - 1U; }

std::int32_t Number(std::uint16_t word, const PixelFormat& format) {
  const auto stored = static_cast<std::int32_t>((word >> Shift(format)) & Mask(format.bits_stored));
  const bool negative = format.is_signed && (stored >> (format.bits_stored - 1)) != 0;
  return negative ? stored - (std::int32_t{1} << format.bits_stored) : stored;
}

// Whether a word has bits above its stored ones that these do not account for.
bool Overflows(std::uint16_t word, const PixelFormat& format) {
  const std::uint32_t above = std::uint32_t{word} >> (format.high_bit + 1);
  if (above == 0) return false;
  const bool sign = format.is_signed && ((word >> format.high_bit) & 1) != 0;
  return !sign || above != Mask(format.bits_allocated - format.high_bit - 1);
}

PixelFormat OfAllBits(PixelFormat format) {
  format.bits_stored = format.bits_coded;
  format.high_bit = format.bits_coded - 1;
  return format;
}

bool IsAmong(std::int32_t number, const std::array<std::int32_t, 2>& range) {
  return number >= range[0] && number <= range[1];
}

}  // namespace

Rejection CheckFormat(const PixelFormat& format) {
  if (format.bits_allocated != 8 && format.bits_allocated != 16) {
    return {"UNSUPPORTED_PIXELS",
            Concat("pixels of ", format.bits_allocated, " bits are not read")};
  }
  if (format.bits_stored < 1 || Shift(format) < 0 || format.high_bit >= format.bits_allocated) {
    return {"UNSUPPORTED_PIXELS", "its numbers of stored bits contradict each other"};
  }
  if (!(std::abs(format.slope) * 65536 + std::abs(format.intercept) <= kLargestValue)) {
    return {"INVALID_RESCALE",
            "its rescale slope or intercept is no number or makes impossible values"};
  }
  return {};
}

PixelFormat OfCodestream(const PixelFormat& header, const Codestream& stream) {
  PixelFormat format = header;
  format.bits_allocated = 16;  // of what a decoder gives
  format.has_overlay = false;
  // Samples that do not reach the header's high bit were moved down before they were coded.
  if (stream.precision <= format.high_bit) format.high_bit = format.bits_stored - 1;
  format.bits_coded = std::max(format.bits_stored, stream.precision);
  if (Shift(format) > 0 || !stream.is_signed) return format;
  if (*stream.is_signed || !format.is_signed) {
    format.is_signed = *stream.is_signed;
    return format;
  }
  format.bits_coded = stream.precision;
  return OfAllBits(format);
}

SliceValues ToValues(std::span<const std::uint16_t> words, const PixelFormat& header) {
  SliceValues result;
  PixelFormat format = header;
  if (Shift(format) == 0 && !format.has_overlay && format.bits_stored < format.bits_allocated) {
    result.contradicted = std::any_of(words.begin(), words.end(),
                                      [&](std::uint16_t word) { return Overflows(word, header); });
    if (result.contradicted) format = OfAllBits(format);
  }
  result.values.reserve(words.size());
  for (const std::uint16_t word : words) {
    const std::int32_t number = Number(word, format);
    if (format.padding && IsAmong(number, *format.padding)) {
      result.padding.resize(words.size());
      result.padding[result.values.size()] = true;
    }
    result.values.push_back(static_cast<float>(number * format.slope + format.intercept));
  }
  return result;
}

}  // namespace gvsl::data_loader
