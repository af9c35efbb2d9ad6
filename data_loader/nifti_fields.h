// The numbers of a NIfTI header as they stand there, of either version and byte order. Pure. For
// nifti_header.cc alone.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Of either version: doubles hold all numbers of version 1 exactly.
struct NiftiFields {
  int version = 1;
  bool other_byte_order = false;  // than this machine's
  bool in_own_file = false;
  std::array<std::int64_t, 8> dim{};
  int datatype = 0;
  int intent = 0;
  std::array<double, 8> pixdim{};
  double voxels_offset = 0;
  double slope = 0, intercept = 0;
  int units = 0;
  int qform = 0, sform = 0;
  std::array<double, 3> quatern{}, origin{};
  std::array<std::array<double, 4>, 3> rows{};
};

// UNREADABLE, ANALYZE.
OrRejection<NiftiFields> ReadNiftiFields(std::span<const char> bytes);

}  // namespace gvsl::data_loader
