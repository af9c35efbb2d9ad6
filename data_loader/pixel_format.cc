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

// Of the bits that are stored, without a branch.
struct ToNumber {
  explicit ToNumber(const PixelFormat& format)
      : shift(Shift(format)),
        mask(static_cast<std::int32_t>(Mask(format.bits_stored))),
        sign(format.is_signed ? std::int32_t{1} << (format.bits_stored - 1) : 0) {}
  std::int32_t operator()(std::uint16_t word) const {
    return (((word >> shift) & mask) ^ sign) - sign;
  }

  int shift;
  std::int32_t mask;
  std::int32_t sign;
};

// Words with bits above their stored ones that these do not account for, or a sign without them.
Contradictions FindContradictions(std::span<const std::uint16_t> words, const PixelFormat& format) {
  Contradictions found;
  if (!format.is_signed) {
    std::uint16_t any = 0;
    for (const std::uint16_t word : words) any |= word;
    found.overflows = (any >> format.high_bit >> 1) != 0;
    return found;
  }
  const std::uint32_t all_above = Mask(format.bits_allocated - format.high_bit - 1);
  const int high_bit = format.high_bit;
  std::uint32_t overflows = 0, bare_signs = 0;
  for (const std::uint16_t word : words) {
    const std::uint32_t highest = std::uint32_t{word} >> high_bit;
    const std::uint32_t above = highest >> 1U;
    const std::uint32_t expected = (0U - (highest & 1U)) & all_above;
    overflows |=
        static_cast<std::uint32_t>(above != 0) & static_cast<std::uint32_t>(above != expected);
    bare_signs |= static_cast<std::uint32_t>(highest == 1);
  }
  found.overflows = overflows != 0;
  found.has_bare_signs = bare_signs != 0;
  return found;
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

constexpr std::size_t kBlock = 4096;

[[gnu::always_inline]] inline void Rescale4(std::span<const std::uint16_t> words,
                                            const PixelFormat& format, float* out) {
  const ToNumber number(format);
  if (format.slope == 1 && format.intercept == 0) {
    for (std::size_t i = 0; i < words.size(); ++i) out[i] = static_cast<float>(number(words[i]));
    return;
  }
  const double slope = format.slope, intercept = format.intercept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out[i] = static_cast<float>(number(words[i]) * slope + intercept);
  }
}

// The same, with the same bits, for a processor that does eight at once.
[[gnu::target("avx2")]] void Rescale8(std::span<const std::uint16_t> words,
                                      const PixelFormat& format, float* out) {
  Rescale4(words, format, out);
}

void Rescale(std::span<const std::uint16_t> words, const PixelFormat& format, float* out) {
  static const bool is_wide = __builtin_cpu_supports("avx2") != 0;
  return is_wide ? Rescale8(words, format, out) : Rescale4(words, format, out);
}

std::vector<bool> FindPadding(std::span<const std::uint16_t> words, const PixelFormat& format) {
  std::vector<bool> padding;
  const auto range = PaddingRange(format);
  if (!range) return padding;
  const ToNumber to_number(format);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::int32_t number = to_number(words[i]);
    if (number < (*range)[0] || number > (*range)[1]) continue;
    padding.resize(words.size());
    padding[i] = true;
  }
  return padding;
}

}  // namespace

void Contradictions::Add(const Contradictions& more) {
  overflows |= more.overflows;
  has_bare_signs |= more.has_bare_signs;
  sign_differs |= more.sign_differs;
  is_rescaled |= more.is_rescaled;
  lacks_rescale |= more.lacks_rescale;
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
  if (may_lie) result.contradictions = FindContradictions(words, header);
  result.contradictions.is_rescaled = header.slope != 1 || header.intercept != 0;
  result.contradictions.lacks_rescale = !header.has_rescale;
  const PixelFormat format = may_lie && bits == Bits::kAll ? OfAllBits(header) : header;
  result.padding = FindPadding(words, format);
  result.values.reserve(words.size());
  std::array<float, kBlock> block;
  for (std::size_t at = 0; at < words.size(); at += kBlock) {
    const auto part = words.subspan(at, std::min(kBlock, words.size() - at));
    Rescale(part, format, block.data());
    result.values.insert(result.values.end(), block.begin(), block.begin() + part.size());
  }
  return result;
}

}  // namespace gvsl::data_loader
