// The map that makes a virtual subject of a real head: from the subject's mm to the head's mm.
// Affine, then a sum of Gaussian pushes; smooth everywhere, and invertible where its Jacobian
// determinant is positive. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/geometry.h"

namespace gvsl::demo {

using data_loader::Affine;
using data_loader::Grid;
using data_loader::Vector3;

struct DeformationRange {
  double rotation_degrees = 10;  // each axis, either way
  double translation_mm = 10;
  double scale = 0.1;  // 0.9 to 1.1 along each axis
  double push_mm = 6;  // of each Gaussian, each axis
  int pushes = 24;
  double least_radius_mm = 18;  // standard deviation of a Gaussian
  double greatest_radius_mm = 35;
};

struct Push {
  Vector3 centre{};
  Vector3 amount{};
  double radius = 1;
};

struct Deformation {
  Affine affine{};
  std::vector<Push> pushes;

  Vector3 operator()(const Vector3& point) const;
  // Analytic determinant of the derivative.
  double Jacobian(const Vector3& point) const;
};

// Voxels of `grid` (RAS) say where pushes may lie; rotation and scale are about its centre. A pure
// function of (seed, subject).
Deformation DrawDeformation(std::uint64_t seed, std::uint64_t subject,
                            const DeformationRange& range, const Grid& grid);

// The smallest Jacobian determinant, looked for every `step_mm` over the grid's box. Pushes vary
// over their radius, so a step well below the least radius misses nothing that matters.
double SmallestJacobian(const Deformation& deformation, const Grid& grid, double step_mm);

// Weakens the pushes until the smallest Jacobian is above `least`, and returns it. The affine part
// alone must be above it.
double MakeInvertible(Deformation& deformation, const Grid& grid, double step_mm, double least);

}  // namespace gvsl::demo
