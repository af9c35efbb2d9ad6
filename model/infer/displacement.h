// From what a network says about two prepared volumes to two scans in mm. Pure.
#pragma once

#include <span>
#include <vector>

#include "data_loader/onto_grid.h"

namespace gvsl::model {

// Voxel p of the fixed volume lies at p + field(p) in the moving one.
struct PreparedField {
  data_loader::VoxelGrid fixed;       // the field's own grid
  data_loader::Affine moving_to_ras;  // from voxel (x, y, z) of the moving volume to mm
  std::span<const float> voxels;      // three volumes: the steps along z, y, x
};

// At each voxel of `grid`, from its own place to that in the moving scan: three volumes, x, y and z
// of RAS, in mm.
std::vector<float> DisplacementInMm(const PreparedField& field, const data_loader::VoxelGrid& grid);

// The moving scan read where the voxels of `grid` lie in it; outside of it, its least value.
std::vector<float> WarpedScan(const data_loader::VoxelGrid& moving, std::span<const float> values,
                              const data_loader::VoxelGrid& grid,
                              std::span<const float> displacement);

// From RAS to LPS and back: x and y change their sign.
void MirrorXAndY(std::vector<float>& displacement);

struct DisplacementLengths {
  double mean = 0;  // mm
  double greatest = 0;
};
DisplacementLengths LengthsOf(std::span<const float> displacement);

}  // namespace gvsl::model
