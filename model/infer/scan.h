// One scan of somebody's own, and what a network sees of it.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/onto_grid.h"
#include "data_loader/prepare_volume.h"
#include "data_loader/volume_reader.h"

namespace gvsl::model {

struct Scan {
  std::string path;                // as it was given
  std::vector<std::string> files;  // that lie there, absolute
  data_loader::RawVolume volume;   // turned as `gvsl-dataset convert` writes it
  std::vector<std::string> warnings;

  data_loader::VoxelGrid grid() const { return {volume.size, volume.to_ras}; }
};

// A NIfTI file, or a folder with one, or with one DICOM series. INVALID_ARGUMENT says why there is
// no volume, or that there are several.
StatusOr<Scan> ReadScan(const std::string& path);

struct PreparedScan {
  at::Tensor voxels;  // (D, H, W), float32, in [0, 1]
  data_loader::VoxelGrid grid;
};

// Oriented, resampled and windowed as a dataset's volumes are. INVALID_ARGUMENT names the path.
StatusOr<PreparedScan> PrepareScan(const std::string& path, data_loader::RawVolume volume,
                                   const data_loader::PrepareOptions& options);

// With zeros at the ends of axes that are shorter than `size`.
at::Tensor PaddedTo(const at::Tensor& volume, const std::array<std::int64_t, 3>& size);

// INVALID_ARGUMENT where an axis is too short for the network to have been trained on its like.
Status CheckLongEnough(const std::string& path, const PreparedScan& scan);

}  // namespace gvsl::model
