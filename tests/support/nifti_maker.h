// NIfTI-1 files that tests make, with every oddity as a knob.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data_loader/volume_reader.h"

namespace gvsl::testing {

struct NiftiKnobs {
  std::vector<std::int16_t> size = {4, 3, 2};  // x, y, z, …
  std::int16_t datatype = 4;                   // NIfTI's code: int16
  std::vector<double> values;                  // x fastest; empty: 0, 1, 2, …
  float slope = 0;
  float intercept = 0;
  std::array<float, 3> pixel_size = {1, 1, 1};
  std::optional<data_loader::Affine> sform;
  std::optional<std::array<float, 3>> qform_offset;  // an unrotated qform
  char unit = 0;                                     // NIfTI's xyzt_units
  std::size_t extension_bytes = 0;                   // of a header extension; a multiple of 16
  bool big_endian = false;
  std::size_t missing_bytes = 0;  // cut off the end
};

// gzip when the name ends in .gz. Throws when the disk does not take it.
void MakeNifti(const std::string& path, const NiftiKnobs& knobs);

// An axis-aligned matrix of `spacing` with the first voxel at `origin`; x, y, z.
data_loader::Affine Straight(std::array<double, 3> spacing, std::array<double, 3> origin);

}  // namespace gvsl::testing
