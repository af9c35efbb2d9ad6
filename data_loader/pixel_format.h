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
  bool has_rescale = false;  // the header names slope or intercept
  double slope = 1;
  double intercept = 0;
  // What stands for no tissue, to a limit: 16 bits each, of whatever sign the header gives them.
  std::optional<std::array<std::uint16_t, 2>> padding;
};

// What pixels say against their header, or slices against each other.
struct Contradictions {
  // Words have bits above the stored ones that are neither zero nor a sign nor an overlay.
  bool overflows = false;
  // Signed words are negative by their stored bits alone, with zeros above.
  bool has_bare_signs = false;
  bool sign_differs = false;   // the codestream's from the header's, which was not followed
  bool is_rescaled = false;    // to other values than those stored
  bool lacks_rescale = false;  // nothing says to what

  void Add(const Contradictions& more);
};

struct SliceValues {
  std::vector<float> values;
  std::vector<bool> padding;  // empty where none is
  Contradictions contradictions;
};

// How much of a word counts: what the header says, or all where a series shows that it lies.
enum class Bits { kStored, kAll };

// UNSUPPORTED_PIXELS, INVALID_RESCALE; else an empty code.
Rejection CheckFormat(const PixelFormat& format);

// Of samples that were compressed. A sign that JPEG 2000 states is followed if it is one; unsigned
// samples in a header that says signed are two's complement of as many bits as they have, at most
// those stored.
PixelFormat OfCodestream(const PixelFormat& format, const Codestream& stream);

// `words` as stored, each in the lowest bits.
SliceValues ToValues(std::span<const std::uint16_t> words, const PixelFormat& format, Bits bits);

}  // namespace gvsl::data_loader
