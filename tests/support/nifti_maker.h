// NIfTI files that tests make, with every oddity as a knob. Fields are written at the places that
// the standard gives them, without the library that reads them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data_loader/volume_reader.h"

namespace gvsl::testing {

struct NiftiKnobs {
  std::vector<std::int64_t> size = {4, 3, 2};  // x, y, z, …
  std::int16_t datatype = 4;                   // NIfTI's code: int16
  // x fastest; of complex voxels both parts. Empty: 0, 1, 2, …; complex: magnitudes 0, 5, 10, …
  std::vector<double> values;
  double slope = 0;
  double intercept = 0;
  std::array<double, 3> pixel_size = {1, 1, 1};
  double qfac = 1;
  std::optional<data_loader::Affine> sform;
  std::optional<std::array<double, 3>> qform_offset;  // there is a qform
  std::array<double, 3> quatern = {0, 0, 0};          // b, c, d: unrotated
  char unit = 0;                                      // NIfTI's xyzt_units
  std::int16_t intent = 0;                            // NIfTI's code
  std::size_t extension_bytes = 0;                    // of a header extension; a multiple of 16
  bool big_endian = false;
  int version = 1;
  std::optional<std::string> magic;     // instead of the right one; four bytes
  std::optional<double> voxels_offset;  // likewise
  std::string trailing;                 // behind the voxels
  std::size_t missing_bytes = 0;        // cut off the end of what holds the voxels
  bool without_image = false;           // of a pair: the header alone
};

// gzip when the name ends in .gz; a pair when it ends in .hdr or .hdr.gz: the image goes beside it.
// Throws when the disk does not take it.
void MakeNifti(const std::string& path, const NiftiKnobs& knobs);

// An axis-aligned matrix of `spacing` with the first voxel at `origin`; x, y, z.
data_loader::Affine Straight(std::array<double, 3> spacing, std::array<double, 3> origin);

}  // namespace gvsl::testing
