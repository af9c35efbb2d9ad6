// JPEG 2000 as an archive would have it.
#pragma once

#include <cstdint>
#include <vector>

namespace gvsl::testing {

struct Jpeg2000Knobs {
  int precision = 16;
  bool is_signed = false;
  bool boxed = false;  // as a JP2 file
  int components = 1;
};

// Lossless, of rows x columns samples.
std::vector<std::uint8_t> MakeJpeg2000(const std::vector<std::int32_t>& samples, int rows,
                                       int columns, const Jpeg2000Knobs& knobs = {});

}  // namespace gvsl::testing
