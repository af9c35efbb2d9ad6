#include "deploy/demo/virtual_subjects/virtual_subject.h"

#include <algorithm>
#include <cmath>

#include "common/philox.h"

namespace gvsl::demo {
namespace {

using data_loader::Apply;
using data_loader::Inverse;
using data_loader::Length;
using data_loader::Subtract;

constexpr int kPointsPerAxis = 3;
constexpr double kLeastJacobian = 0.25;
constexpr double kJacobianStepMm = 4;

struct Sampler {
  const data_loader::RawVolume& volume;
  Affine to_voxel;

  double Voxel(std::int64_t x, std::int64_t y, std::int64_t z) const {
    const auto& [depth, height, width] = volume.size;
    if (x < 0 || y < 0 || z < 0 || x >= width || y >= height || z >= depth) return 0;
    return volume.voxels[(z * height + y) * width + x];
  }

  // Trilinear, 0 outside.
  double operator()(const Vector3& mm) const {
    const Vector3 at = Apply(to_voxel, mm);
    const Vector3 low = {std::floor(at[0]), std::floor(at[1]), std::floor(at[2])};
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
      double weight = 1;
      std::array<std::int64_t, 3> voxel;
      for (int axis = 0; axis < 3; ++axis) {
        const int up = (corner >> axis) & 1;
        voxel[axis] = static_cast<std::int64_t>(low[axis]) + up;
        weight *= up == 1 ? at[axis] - low[axis] : 1 - (at[axis] - low[axis]);
      }
      sum += weight * Voxel(voxel[0], voxel[1], voxel[2]);
    }
    return sum;
  }
};

std::int32_t LabelAt(const data_loader::LabelMap& map, const Affine& to_voxel, const Vector3& mm) {
  const Vector3 at = Apply(to_voxel, mm);
  std::array<std::int64_t, 3> voxel;
  for (int axis = 0; axis < 3; ++axis) {
    voxel[axis] = static_cast<std::int64_t>(std::floor(at[axis] + 0.5));
    if (voxel[axis] < 0 || voxel[axis] >= map.size[2 - axis]) return 0;
  }
  return map.values[(voxel[2] * map.size[1] + voxel[1]) * map.size[2] + voxel[0]];
}

// A scanner's whims: contrast as a power, a smooth gain over space, noise.
class Appearance {
 public:
  Appearance(std::uint64_t seed, std::uint64_t subject, const Grid& grid)
      : philox_(seed, DrawPurpose::kVirtualSubject, subject, 1) {
    exponent_ = 0.8 + 0.45 * philox_.NextDouble();
    for (double& part : direction_) part = (2 * philox_.NextDouble() - 1) * 0.25;
    for (int axis = 0; axis < 3; ++axis) size_[axis] = static_cast<double>(grid.size[2 - axis]);
  }

  // `value` from 0 to 1; voxels without signal stay without.
  std::int16_t operator()(double value, const Vector3& voxel) {
    const double noise = 12 * philox_.NextNormal();
    if (value <= 0) return 0;
    double gain = 1;
    for (int axis = 0; axis < 3; ++axis)
      gain += direction_[axis] * (voxel[axis] / size_[axis] - 0.5);
    const double signal = 1000 * gain * std::pow(value, exponent_) + noise;
    return static_cast<std::int16_t>(std::clamp(std::round(signal), 0.0, 4095.0));
  }

 private:
  Philox philox_;
  double exponent_ = 1;
  Vector3 direction_{};
  Vector3 size_{};
};

// The mean over points spread evenly through the voxel.
double MeanOverVoxel(const Sampler& sampler, const Deformation& deformation, const Grid& grid,
                     const Vector3& voxel) {
  double sum = 0;
  for (int point = 0; point < kPointsPerAxis * kPointsPerAxis * kPointsPerAxis; ++point) {
    const int parts[3] = {point % kPointsPerAxis, point / kPointsPerAxis % kPointsPerAxis,
                          point / (kPointsPerAxis * kPointsPerAxis)};
    Vector3 at = voxel;
    for (int axis = 0; axis < 3; ++axis) at[axis] += (parts[axis] + 0.5) / kPointsPerAxis - 0.5;
    sum += sampler(deformation(Apply(grid.to_ras, at)));
  }
  return sum / (kPointsPerAxis * kPointsPerAxis * kPointsPerAxis);
}

}  // namespace

data_loader::Grid SubjectGrid(const data_loader::RawVolume& head, double spacing_mm) {
  Vector3 low{}, high{};
  for (int corner = 0; corner < 8; ++corner) {
    Vector3 voxel;
    for (int axis = 0; axis < 3; ++axis) {
      voxel[axis] = ((corner >> axis) & 1) == 1 ? static_cast<double>(head.size[2 - axis] - 1) : 0;
    }
    const Vector3 mm = Apply(head.to_ras, voxel);
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = corner == 0 ? mm[axis] : std::min(low[axis], mm[axis]);
      high[axis] = corner == 0 ? mm[axis] : std::max(high[axis], mm[axis]);
    }
  }
  Grid grid;
  grid.spacing = {spacing_mm, spacing_mm, spacing_mm};
  for (int axis = 0; axis < 3; ++axis) {
    const double length = 1.1 * (high[axis] - low[axis]);
    const auto size = static_cast<std::int64_t>(std::ceil(length / spacing_mm));
    grid.size[2 - axis] = std::max<std::int64_t>(2, size);
    grid.to_ras[axis][axis] = spacing_mm;
    grid.to_ras[axis][3] = 0.5 * (low[axis] + high[axis]) -
                           0.5 * spacing_mm * static_cast<double>(grid.size[2 - axis] - 1);
  }
  return grid;
}

VirtualSubject MakeVirtualSubject(const Head& head, const data_loader::Grid& grid,
                                  const DeformationRange& range, std::uint64_t seed,
                                  std::uint64_t subject) {
  VirtualSubject result;
  result.grid = grid;
  Deformation deformation = DrawDeformation(seed, subject, range, grid);
  result.smallest_jacobian = MakeInvertible(deformation, grid, kJacobianStepMm, kLeastJacobian);
  const Sampler sampler{head.image, Inverse(head.image.to_ras)};
  const Affine to_label = Inverse(head.labels.to_ras);
  const double greatest = *std::max_element(head.image.voxels.begin(), head.image.voxels.end());
  Appearance appearance(seed, subject, grid);
  double moved = 0, labelled = 0;
  for (std::int64_t z = 0; z < grid.size[0]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[2]; ++x) {
        const Vector3 voxel = {static_cast<double>(x), static_cast<double>(y),
                               static_cast<double>(z)};
        const Vector3 mm = Apply(grid.to_ras, voxel);
        const Vector3 source = deformation(mm);
        const double value = MeanOverVoxel(sampler, deformation, grid, voxel) / greatest;
        result.image.push_back(appearance(value, voxel));
        result.labels.push_back(LabelAt(head.labels, to_label, source));
        if (result.labels.back() == 0) continue;
        moved += Length(Subtract(source, mm));
        ++labelled;
      }
    }
  }
  result.displacement_mm = labelled > 0 ? moved / labelled : 0;
  return result;
}

}  // namespace gvsl::demo
