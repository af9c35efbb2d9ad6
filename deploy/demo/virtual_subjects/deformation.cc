#include "deploy/demo/virtual_subjects/deformation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "common/philox.h"

namespace gvsl::demo {
namespace {

using data_loader::Add;
using data_loader::Apply;
using data_loader::Column;
using data_loader::Compose;
using data_loader::Cross;
using data_loader::Dot;
using data_loader::Scale;
using data_loader::SetColumn;
using data_loader::Subtract;

constexpr std::array<int, 3> kNextAxis = {1, 2, 0};

double Symmetric(Philox& philox, double bound) { return bound * (2 * philox.NextDouble() - 1); }

Affine Identity() { return {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}}; }

Affine Rotation(int axis, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const int u = kNextAxis[axis], v = kNextAxis[u];
  Affine rotation = Identity();
  rotation[u][u] = rotation[v][v] = std::cos(angle);
  rotation[u][v] = -std::sin(angle);
  rotation[v][u] = std::sin(angle);
  return rotation;
}

Vector3 At(const Grid& grid, const Vector3& fraction) {
  Vector3 voxel;
  for (int axis = 0; axis < 3; ++axis) {
    voxel[axis] = fraction[axis] * static_cast<double>(grid.size[2 - axis] - 1);
  }
  return Apply(grid.to_ras, voxel);
}

Affine DrawAffine(Philox& philox, const DeformationRange& range, const Vector3& centre) {
  Affine linear = Identity();
  for (int axis = 0; axis < 3; ++axis) {
    linear = Compose(Rotation(axis, Symmetric(philox, range.rotation_degrees)), linear);
  }
  Affine scale = Identity();
  for (int axis = 0; axis < 3; ++axis) scale[axis][axis] = 1 + Symmetric(philox, range.scale);
  linear = Compose(linear, scale);
  Vector3 shift;
  for (double& part : shift) part = Symmetric(philox, range.translation_mm);
  SetColumn(linear, 3, Add(Subtract(centre, Apply(linear, centre)), shift));
  return linear;
}

double Weight(const Push& push, const Vector3& point) {
  const Vector3 away = Subtract(point, push.centre);
  return std::exp(-0.5 * Dot(away, away) / (push.radius * push.radius));
}

}  // namespace

Vector3 Deformation::operator()(const Vector3& point) const {
  Vector3 result = Apply(affine, point);
  for (const Push& push : pushes) {
    result = Add(result, Scale(push.amount, Weight(push, point)));
  }
  return result;
}

double Deformation::Jacobian(const Vector3& point) const {
  std::array<Vector3, 3> columns = {Column(affine, 0), Column(affine, 1), Column(affine, 2)};
  for (const Push& push : pushes) {
    const Vector3 away = Subtract(point, push.centre);
    const double factor = -Weight(push, point) / (push.radius * push.radius);
    for (int axis = 0; axis < 3; ++axis) {
      columns[axis] = Add(columns[axis], Scale(push.amount, factor * away[axis]));
    }
  }
  return Dot(Cross(columns[0], columns[1]), columns[2]);
}

Deformation DrawDeformation(std::uint64_t seed, std::uint64_t subject,
                            const DeformationRange& range, const Grid& grid) {
  Philox philox(seed, DrawPurpose::kVirtualSubject, subject, 0);
  Deformation deformation;
  deformation.affine = DrawAffine(philox, range, At(grid, {0.5, 0.5, 0.5}));
  for (int i = 0; i < range.pushes; ++i) {
    Push push;
    Vector3 fraction;
    for (double& part : fraction) part = 0.15 + 0.7 * philox.NextDouble();
    push.centre = At(grid, fraction);
    for (double& part : push.amount) part = Symmetric(philox, range.push_mm);
    push.radius = range.least_radius_mm +
                  (range.greatest_radius_mm - range.least_radius_mm) * philox.NextDouble();
    deformation.pushes.push_back(push);
  }
  return deformation;
}

double SmallestJacobian(const Deformation& deformation, const Grid& grid, double step_mm) {
  std::array<int, 3> steps;  // x, y, z
  for (int axis = 0; axis < 3; ++axis) {
    const double length = static_cast<double>(grid.size[2 - axis]) * grid.spacing[2 - axis];
    steps[axis] = std::max(1, static_cast<int>(std::ceil(length / step_mm)));
  }
  double smallest = std::numeric_limits<double>::infinity();
  for (int z = 0; z <= steps[2]; ++z) {
    for (int y = 0; y <= steps[1]; ++y) {
      for (int x = 0; x <= steps[0]; ++x) {
        const Vector3 fraction = {static_cast<double>(x) / steps[0],
                                  static_cast<double>(y) / steps[1],
                                  static_cast<double>(z) / steps[2]};
        smallest = std::min(smallest, deformation.Jacobian(At(grid, fraction)));
      }
    }
  }
  return smallest;
}

double MakeInvertible(Deformation& deformation, const Grid& grid, double step_mm, double least) {
  double smallest = SmallestJacobian(deformation, grid, step_mm);
  while (smallest <= least) {
    for (Push& push : deformation.pushes) push.amount = Scale(push.amount, 0.8);
    smallest = SmallestJacobian(deformation, grid, step_mm);
  }
  return smallest;
}

}  // namespace gvsl::demo
