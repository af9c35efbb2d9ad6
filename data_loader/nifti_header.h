// What the first bytes of a NIfTI file say, version 1 or 2, in either byte order. Pure: nothing is
// read from the disk, and no memory is taken for what a header claims.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Where the position of the voxels comes from.
enum class NiftiFrame { kSform, kQform, kPixelSizesOnly };

struct NiftiHeader {
  int version = 1;
  std::array<std::int64_t, 7> size{};  // x, y, z, t, ...; at least 1 each
  int datatype = 0;                    // NIfTI's code
  std::string datatype_name;
  int voxel_bytes = 0;
  int intent = 0;    // NIfTI's code
  double slope = 0;  // 0: values are not scaled
  double intercept = 0;
  NiftiFrame frame = NiftiFrame::kPixelSizesOnly;
  Affine to_ras{};                 // mm, whatever the file's unit; of an unknown unit mm is assumed
  bool other_byte_order = false;   // than this machine's
  bool in_own_file = false;        // the voxels are in another file than the header: a pair
  std::int64_t voxels_offset = 0;  // bytes from the beginning of the file that the voxels are in

  bool is_complex() const;
  // Several numbers make one voxel: vectors, matrices or colours along the fifth axis.
  bool has_components() const;
  // Behind the first: points in time or the like.
  bool has_further_volumes() const;
  std::int64_t voxels_of_one_volume() const { return size[0] * size[1] * size[2]; }
  // Of all volumes: a double, since a header may claim anything.
  double bytes() const;
};

// The most bytes that a header takes, without its extensions.
inline constexpr std::size_t kNiftiHeaderBytes = 540;

// The first kNiftiHeaderBytes of a file, or all that it has. Codes: UNREADABLE (no NIfTI header, or
// one that cannot be), ANALYZE, UNSUPPORTED_DATATYPE, TOO_LARGE. One volume of what it accepts has
// at most kMostVoxels, all together at most kMostFileBytes.
OrRejection<NiftiHeader> ParseNiftiHeader(std::span<const char> bytes);

// Whether they begin a NIfTI or ANALYZE header, be it cut off or wrong.
bool LooksLikeNiftiHeader(std::span<const char> bytes);

}  // namespace gvsl::data_loader
