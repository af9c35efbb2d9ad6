// NIfTI-1 files (.nii, .nii.gz) by libnifti: bytes and header, nothing decided. nifti_file.cc
// reads, nifti_writer.cc writes. Not thread-safe, as the library is not.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Where the position of the voxels comes from.
enum class NiftiFrame { kSform, kQform, kPixelSizesOnly };

struct NiftiHeader {
  std::array<std::int64_t, 7> size{};  // x, y, z, t, ...; at least 1 each
  int datatype = 0;                    // NIfTI's code
  std::string datatype_name;
  double slope = 0;  // 0: values are not scaled
  double intercept = 0;
  NiftiFrame frame = NiftiFrame::kPixelSizesOnly;
  Affine to_ras{};  // mm, whatever the file's unit; of an unknown unit mm is assumed
};

// `code` is UNREADABLE, TRUNCATED or TOO_LARGE.
OrRejection<NiftiHeader> ReadNiftiHeader(const std::string& path);

// Gives `take` all voxels in the file's order, some thousand at a time: as the file's type,
// converted to double, not scaled. Non-finite values stay. Empty code when all were read; else as
// above, or UNSUPPORTED_DATATYPE, COLOR_IMAGE.
Rejection ReadNiftiValues(const std::string& path,
                          const std::function<void(std::span<const double>)>& take);

enum class NiftiType { kInt16, kInt32, kFloat32 };

// Writes `values` (z, y, x) as `type`; gzip when the name ends in .gz. Both sform and qform carry
// the matrix (the qform as near as a rotation can). Written aside and renamed: whole or not there.
Status WriteNifti(const std::string& path, const std::array<std::int64_t, 3>& size,
                  const Affine& to_ras, std::span<const double> values, NiftiType type);

// Three float32 components a voxel as NIfTI's vectors (5-D, intent VECTOR), which ITK reads as they
// are: a displacement field for it is in mm, from right to left and from front to back (LPS).
// `components` are three volumes, z, y, x each, one after the other.
Status WriteVectorField(const std::string& path, const std::array<std::int64_t, 3>& size,
                        const Affine& to_ras, std::span<const float> components);

// Ends in .gz, in small letters or capitals.
bool IsGzipName(const std::string& path);
// The file's name without directory, .nii and .gz (or in capitals); empty when it does not end so.
std::string NiftiStem(const std::string& path);

}  // namespace gvsl::data_loader
