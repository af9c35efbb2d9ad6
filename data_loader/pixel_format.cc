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

// Padding is written as 16 bits, signed or not, whatever the pixels are.
std::int32_t PaddingNumber(std::uint16_t bits, const PixelFormat& format) {
  if (!format.is_signed) return bits;
  const std::int32_t number = static_cast<std::int16_t>(bits);
  const std::int32_t beyond = std::int32_t{1} << (format.bits_stored - 1);
  return number >= beyond && number < 2 * beyond ? number - 2 * beyond : number;
}

std::optional<std::array<std::int32_t, 2>> PaddingRange(const PixelFormat& format) {
  if (!format.padding) return std::nullopt;
  const std::int32_t one = PaddingNumber((*format.padding)[0], format);
  const std::int32_t other = PaddingNumber((*format.padding)[1], format);
  return std::array{std::min(one, other), std::max(one, other)};
}

bool IsBareSign(std::uint16_t word, const PixelFormat& format) {
  return format.is_signed && (word >> format.high_bit) == 1;
}

}  // namespace

void Contradictions::Add(const Contradictions& more) {
  overflows |= more.overflows;
  has_bare_signs |= more.has_bare_signs;
  sign_differs |= more.sign_differs;
}

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
  format.bits_coded = stream.precision;
  format.has_overlay = header.has_overlay && stream.precision > header.bits_stored;
  // Samples that do not reach the header's high bit were moved down before they were coded.
  if (stream.precision <= format.high_bit) format.high_bit = format.bits_stored - 1;
  if (Shift(format) > 0) return format;
  if (stream.is_signed == true) {
    format.is_signed = true;
    return format;
  }
  format.bits_stored = std::min(format.bits_stored, stream.precision);
  format.high_bit = format.bits_stored - 1;
  return format;
}

SliceValues ToValues(std::span<const std::uint16_t> words, const PixelFormat& header, Bits bits) {
  SliceValues result;
  const bool may_lie =
      Shift(header) == 0 && !header.has_overlay && header.bits_stored < header.bits_coded;
  if (may_lie) {
    for (const std::uint16_t word : words) {
      result.contradictions.overflows |= Overflows(word, header);
      result.contradictions.has_bare_signs |= IsBareSign(word, header);
    }
  }
  const PixelFormat format = may_lie && bits == Bits::kAll ? OfAllBits(header) : header;
  const auto padding = PaddingRange(format);
  result.values.reserve(words.size());
  for (const std::uint16_t word : words) {
    const std::int32_t number = Number(word, format);
    if (padding && number >= (*padding)[0] && number <= (*padding)[1]) {
      result.padding.resize(words.size());
      result.padding[result.values.size()] = true;
    }
    result.values.push_back(static_cast<float>(number * format.slope + format.intercept));
  }
  return result;
}

}  // namespace gvsl::data_loader
