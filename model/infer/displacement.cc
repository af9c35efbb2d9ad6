#include "model/infer/displacement.h"

#include <algorithm>
#include <array>
#include <functional>

namespace gvsl::model {
namespace {

using data_loader::Add;
using data_loader::Affine;
using data_loader::Apply;
using data_loader::Between;
using data_loader::Compose;
using data_loader::ForEachVoxel;
using data_loader::Inverse;
using data_loader::Subtract;
using data_loader::Vector3;
using data_loader::VoxelGrid;

Vector3 At(std::span<const float> components, std::int64_t index) {
  const std::size_t voxels = components.size() / 3;
  return {components[index], components[voxels + index], components[2 * voxels + index]};
}

}  // namespace

std::vector<float> DisplacementInMm(const PreparedField& field, const VoxelGrid& grid) {
  const std::int64_t field_voxels = field.fixed.voxels();
  const auto steps = [&](int channel) {
    return Between(field.fixed.size,
                   field.voxels.subspan(static_cast<std::size_t>(channel * field_voxels),
                                        static_cast<std::size_t>(field_voxels)));
  };
  const std::array<Between, 3> along = {steps(2), steps(1), steps(0)};  // x, y, z
  const Affine to_fixed = Compose(Inverse(field.fixed.to_ras), grid.to_ras);
  std::vector<float> displacement(static_cast<std::size_t>(3 * grid.voxels()));
  ForEachVoxel(grid.size, [&](std::int64_t index, const Vector3& voxel) {
    const Vector3 fixed = Apply(to_fixed, voxel);
    const Vector3 step = {along[0].At(fixed), along[1].At(fixed), along[2].At(fixed)};
    const Vector3 there = Apply(field.moving_to_ras, Add(fixed, step));
    const Vector3 way = Subtract(there, Apply(grid.to_ras, voxel));
    for (int axis = 0; axis < 3; ++axis) {
      displacement[axis * grid.voxels() + index] = static_cast<float>(way[axis]);
    }
  });
  return displacement;
}

std::vector<float> WarpedScan(const VoxelGrid& moving, std::span<const float> values,
                              const VoxelGrid& grid, std::span<const float> displacement) {
  const Between scan(moving.size, values);
  const Affine to_moving = Inverse(moving.to_ras);
  const float least = *std::min_element(values.begin(), values.end());
  std::vector<float> warped(static_cast<std::size_t>(grid.voxels()));
  ForEachVoxel(grid.size, [&](std::int64_t index, const Vector3& voxel) {
    const Vector3 there = Add(Apply(grid.to_ras, voxel), At(displacement, index));
    warped[index] = scan.AtInside(Apply(to_moving, there)).value_or(least);
  });
  return warped;
}

void MirrorXAndY(std::vector<float>& displacement) {
  const auto end = displacement.begin() + static_cast<std::ptrdiff_t>(displacement.size() / 3 * 2);
  std::transform(displacement.begin(), end, displacement.begin(), std::negate<>());
}

DisplacementLengths LengthsOf(std::span<const float> displacement) {
  DisplacementLengths lengths;
  const auto voxels = static_cast<std::int64_t>(displacement.size() / 3);
  for (std::int64_t index = 0; index < voxels; ++index) {
    const double length = data_loader::Length(At(displacement, index));
    lengths.mean += length / static_cast<double>(voxels);
    lengths.greatest = std::max(lengths.greatest, length);
  }
  return lengths;
}

}  // namespace gvsl::model
