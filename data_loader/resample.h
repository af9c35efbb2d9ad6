// Onto another grid. Pure, sums in double, the same bits everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data_loader/nifti_reader.h"
#include "data_loader/orientation.h"

namespace gvsl::data_loader {

// Trilinear onto `spacing` (z, y, x; mm) along the image's own axes; along an axis that becomes
// coarser, weighted by a triangle as wide as two new voxels, so that nothing finer than the new
// grid folds into it. The new grid has max(1, round(size * old / new)) voxels an axis and the same
// centre; beyond the outermost voxel centres the border value goes on. An axis whose spacing is
// equal already stays as it is.
Image Resample(const Image& image, const std::array<double, 3>& spacing);

// The grid that Resample makes; costs nothing.
Grid ResampledGrid(const Grid& old, const std::array<double, 3>& spacing);

// The label at the centre of each voxel of `grid`, nearest neighbour through both matrices, 0
// outside the map. LABEL_GRID_MISMATCH when nothing of the map, or nothing of what it labels, lies
// on it.
OrRejection<std::vector<std::int32_t>> LabelsOnGrid(const LabelMap& map, const Grid& grid);

}  // namespace gvsl::data_loader
