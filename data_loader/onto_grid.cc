#include "data_loader/onto_grid.h"

#include <algorithm>
#include <cmath>

namespace gvsl::data_loader {
namespace {

// What two matrices and their product may be wrong by.
constexpr double kSamePlace = 1e-6;

// Where a position lies between two voxels of one axis.
struct Tap {
  std::int64_t lower = 0;
  std::int64_t upper = 0;
  double weight = 0;  // of upper
};

Tap TapOf(double position, std::int64_t size) {
  const double nearest = std::round(position);
  const double snapped = std::abs(position - nearest) <= kSamePlace ? nearest : position;
  const double at = std::clamp(snapped, 0.0, static_cast<double>(size - 1));
  const auto lower = static_cast<std::int64_t>(at);
  return {lower, std::min(lower + 1, size - 1), at - static_cast<double>(lower)};
}

double Mix(double lower, double upper, double weight) { return lower + (upper - lower) * weight; }

}  // namespace

Between::Between(const std::array<std::int64_t, 3>& size, std::span<const float> values)
    : size_{size[2], size[1], size[0]}, values_(values) {}

float Between::At(const Vector3& voxel) const {
  const Tap x = TapOf(voxel[0], size_[0]);
  const Tap y = TapOf(voxel[1], size_[1]);
  const Tap z = TapOf(voxel[2], size_[2]);
  const auto row = [&](std::int64_t k, std::int64_t j) {
    const float* const line = values_.data() + (k * size_[1] + j) * size_[0];
    return Mix(line[x.lower], line[x.upper], x.weight);
  };
  const double low = Mix(row(z.lower, y.lower), row(z.lower, y.upper), y.weight);
  if (z.weight == 0) return static_cast<float>(low);
  const double high = Mix(row(z.upper, y.lower), row(z.upper, y.upper), y.weight);
  return static_cast<float>(Mix(low, high, z.weight));
}

std::optional<float> Between::AtInside(const Vector3& voxel) const {
  for (int axis = 0; axis < 3; ++axis) {
    const double end = static_cast<double>(size_[axis]) - 0.5 + kSamePlace;
    if (!(voxel[axis] >= -0.5 - kSamePlace && voxel[axis] <= end)) return std::nullopt;
  }
  return At(voxel);
}

std::vector<float> OntoGrid(const VoxelGrid& from, std::span<const float> values,
                            const VoxelGrid& to) {
  const Affine to_voxel = Compose(Inverse(from.to_ras), to.to_ras);
  const Between source(from.size, values);
  std::vector<float> result(static_cast<std::size_t>(to.voxels()));
  ForEachVoxel(to.size, [&](std::int64_t index, const Vector3& voxel) {
    result[index] = source.At(Apply(to_voxel, voxel));
  });
  return result;
}

}  // namespace gvsl::data_loader
