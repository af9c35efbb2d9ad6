// How the numbers that a slice stores become values (PS3.5 section 8, PS3.3 C.7.6.3 and C.11.1).
// Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data_loader/codestream.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

struct PixelFormat {
  int bits_allocated = 16;  // 8 or 16
  int bits_stored = 16;
  int high_bit = 15;
  int bits_coded = 16;  // of which a word can be: those allocated, or those of a compressed sample
  bool is_signed = false;
  bool has_overlay = false;  // in bits beside those stored, as was done before 2004
  double slope = 1;
  double intercept = 0;
  // Numbers from the first to the second, both included, stand for no tissue.
  std::optional<std::array<std::int32_t, 2>> padding;
};

struct SliceValues {
  std::vector<float> values;
  std::vector<bool> padding;  // empty where none is
  // Whether the header said otherwise than the pixels themselves, which were followed.
  bool contradicted = false;
};

// UNSUPPORTED_PIXELS, INVALID_RESCALE; else an empty code.
Rejection CheckFormat(const PixelFormat& format);

// Of samples that were compressed. JPEG 2000 states a sign: a signed sample is followed; an
// unsigned one in a header that says signed holds two's complement of as many bits as it states.
PixelFormat OfCodestream(const PixelFormat& format, const Codestream& stream);

// `words` as stored, each in the lowest bits. Where bits above the stored ones are neither zero nor
// a sign nor an overlay, the header lies about how many are stored, and all that are coded count.
SliceValues ToValues(std::span<const std::uint16_t> words, const PixelFormat& format);

}  // namespace gvsl::data_loader
