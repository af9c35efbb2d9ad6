// NIfTI files, of version 1 or 2 (.nii, .nii.gz, and pairs of .hdr and .img, each with or without
// .gz): bytes and header, nothing decided. nifti_file.cc reads, nifti_writer.cc writes. Whether a
// file is compressed is told by its content. Several threads may read different files at once.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "common/status.h"
#include "data_loader/nifti_header.h"
#include "data_loader/nifti_names.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// `path` is that of the .nii or the .hdr. Codes: as ParseNiftiHeader; TRUNCATED where there are
// fewer bytes than the header promises (of gzip: than it could become), HEADER_WITHOUT_IMAGE.
OrRejection<NiftiHeader> ReadNiftiHeader(const std::string& path);

enum class NiftiExtent { kAll, kFirstVolume };

// Gives `take` the voxels in the file's order, some thousand at a time, as doubles, scaled
// (nifti_values.h). Non-finite values stay. Empty code when all were read and gzip was whole to its
// end; else as above, or UNSUPPORTED_DATATYPE, COLOR_IMAGE, INVALID_RESCALE.
Rejection ReadNiftiValues(const std::string& path,
                          const std::function<void(std::span<const double>)>& take,
                          NiftiExtent extent = NiftiExtent::kAll);

// Whether a .hdr is one of NIfTI or ANALYZE: others have files of that name, too.
bool IsNiftiHeaderFile(const std::string& path);

enum class NiftiType { kInt16, kInt32, kFloat32 };

// Writes `values` (z, y, x) as `type`; gzip when the name ends in .gz. Both sform and qform carry
// the matrix (the qform as near as a rotation can). Written aside and renamed: whole or not there.
Status WriteNifti(const std::string& path, const std::array<std::int64_t, 3>& size,
                  const Affine& to_ras, std::span<const double> values, NiftiType type);

enum class Rows { kAsTheyAre, kLastFirst };

// As int16 where all values are whole and fit, else as float32; the rows of each slice in that
// order. Slice by slice, so that no second copy is made of them.
Status WriteNarrow(const std::string& path, const std::array<std::int64_t, 3>& size,
                   const Affine& to_ras, std::span<const float> values, Rows rows);

// Three float32 components a voxel as NIfTI's vectors (5-D, intent VECTOR), which ITK reads as they
// are: a displacement field for it is in mm, from right to left and from front to back (LPS).
// `components` are three volumes, z, y, x each, one after the other.
Status WriteVectorField(const std::string& path, const std::array<std::int64_t, 3>& size,
                        const Affine& to_ras, std::span<const float> components);

}  // namespace gvsl::data_loader
