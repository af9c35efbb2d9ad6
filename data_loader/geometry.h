// 3x4 matrices from voxels to millimetres. Pure.
#pragma once

#include <array>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

using Vector3 = std::array<double, 3>;

Vector3 Add(const Vector3& a, const Vector3& b);
Vector3 Subtract(const Vector3& a, const Vector3& b);
Vector3 Scale(const Vector3& a, double factor);
double Dot(const Vector3& a, const Vector3& b);
Vector3 Cross(const Vector3& a, const Vector3& b);
double Length(const Vector3& a);

// The step in mm along voxel axis x (0), y (1) or z (2), or the origin (3).
Vector3 Column(const Affine& affine, int axis);
void SetColumn(Affine& affine, int axis, const Vector3& column);
Vector3 Apply(const Affine& affine, const Vector3& point);

// a after b, as maps.
Affine Compose(const Affine& a, const Affine& b);
// Of one voxel, in mm^3.
double VoxelVolume(const Affine& affine);
bool IsInvertible(const Affine& affine);
// Of an invertible one.
Affine Inverse(const Affine& affine);

}  // namespace gvsl::data_loader
