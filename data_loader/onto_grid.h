// Reading a volume between its voxels, and on the grid of another one. Pure, in double, the same
// bits everywhere.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data_loader/geometry.h"

namespace gvsl::data_loader {

// Where voxels lie; their axes may run any way. z, y, x, as in memory.
struct VoxelGrid {
  std::array<std::int64_t, 3> size{};
  Affine to_ras{};  // from voxel (x, y, z) to mm
  std::int64_t voxels() const { return size[0] * size[1] * size[2]; }
};

// Trilinear. A position within a millionth of a voxel's centre is that voxel, bit by bit.
class Between {
 public:
  // `values` are z, y, x; they must outlive this.
  Between(const std::array<std::int64_t, 3>& size, std::span<const float> values);

  // At (x, y, z) in voxels; beyond the outermost centres the border's value goes on.
  float At(const Vector3& voxel) const;
  // Nothing where the position lies in no voxel, so half a voxel beyond the outermost centres.
  std::optional<float> AtInside(const Vector3& voxel) const;

 private:
  std::array<std::int64_t, 3> size_;  // x, y, z
  std::span<const float> values_;
};

// Calls visit(index, voxel (x, y, z)) for each voxel of `size` (z, y, x), in the order of memory.
template <typename Visit>
void ForEachVoxel(const std::array<std::int64_t, 3>& size, Visit&& visit) {
  std::int64_t index = 0;
  for (std::int64_t z = 0; z < size[0]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      for (std::int64_t x = 0; x < size[2]; ++x, ++index) {
        visit(index,
              Vector3{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
      }
    }
  }
}

// The values of `from` at the centres of the voxels of `to`, through both matrices, as Between
// reads them.
std::vector<float> OntoGrid(const VoxelGrid& from, std::span<const float> values,
                            const VoxelGrid& to);

}  // namespace gvsl::data_loader
