// The exact Euclidean distance transform on a grid whose axes may differ in spacing, by the
// separable lower envelope of parabolas of Felzenszwalb and Huttenlocher, "Distance transforms of
// sampled functions" (Theory of Computing 8, 2012). Linear in the number of voxels.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace gvsl::model {

struct VoxelGrid {
  std::array<std::int64_t, 3> size{};  // z, y, x, each at least 1; x runs fastest
  std::array<double, 3> spacing{};     // z, y, x; mm between centres, 1e-6 to 1e6
};

// One flag a voxel of a grid, 0 or 1.
using Mask = std::vector<std::uint8_t>;

// From the centre of each voxel to the nearest centre in `mask`, squared, in mm^2; infinity
// everywhere where the mask is empty. The mask has the grid's number of voxels. Pure function, safe
// from any thread.
std::vector<double> SquaredDistances(const Mask& mask, const VoxelGrid& grid);

}  // namespace gvsl::model
