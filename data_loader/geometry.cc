#include "data_loader/geometry.h"

#include <cmath>

namespace gvsl::data_loader {

Vector3 Add(const Vector3& a, const Vector3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }

Vector3 Subtract(const Vector3& a, const Vector3& b) { return Add(a, Scale(b, -1)); }

Vector3 Scale(const Vector3& a, double factor) {
  return {a[0] * factor, a[1] * factor, a[2] * factor};
}

double Dot(const Vector3& a, const Vector3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector3 Cross(const Vector3& a, const Vector3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double Length(const Vector3& a) { return std::sqrt(Dot(a, a)); }

Vector3 Column(const Affine& affine, int axis) {
  return {affine[0][axis], affine[1][axis], affine[2][axis]};
}

void SetColumn(Affine& affine, int axis, const Vector3& column) {
  for (int row = 0; row < 3; ++row) affine[row][axis] = column[row];
}

Vector3 Apply(const Affine& affine, const Vector3& point) {
  Vector3 result = Column(affine, 3);
  for (int row = 0; row < 3; ++row) {
    for (int axis = 0; axis < 3; ++axis) result[row] += affine[row][axis] * point[axis];
  }
  return result;
}

Affine Compose(const Affine& a, const Affine& b) {
  Affine result{};
  for (int axis = 0; axis < 3; ++axis) {
    SetColumn(result, axis, Subtract(Apply(a, Column(b, axis)), Column(a, 3)));
  }
  SetColumn(result, 3, Apply(a, Column(b, 3)));
  return result;
}

double VoxelVolume(const Affine& affine) {
  return std::abs(Dot(Cross(Column(affine, 0), Column(affine, 1)), Column(affine, 2)));
}

bool IsInvertible(const Affine& affine) {
  double volume_of_unit_axes = 1;
  for (int axis = 0; axis < 3; ++axis) volume_of_unit_axes *= Length(Column(affine, axis));
  const double volume = Dot(Cross(Column(affine, 0), Column(affine, 1)), Column(affine, 2));
  const bool finite = std::isfinite(volume) && std::isfinite(Length(Column(affine, 3)));
  return finite && volume_of_unit_axes > 0 && std::abs(volume) > 1e-3 * volume_of_unit_axes;
}

Affine Inverse(const Affine& affine) {
  const Vector3 x = Column(affine, 0), y = Column(affine, 1), z = Column(affine, 2);
  const double determinant = Dot(Cross(x, y), z);
  const Vector3 rows[3] = {Scale(Cross(y, z), 1 / determinant), Scale(Cross(z, x), 1 / determinant),
                           Scale(Cross(x, y), 1 / determinant)};
  Affine result{};
  for (int row = 0; row < 3; ++row) {
    for (int axis = 0; axis < 3; ++axis) result[row][axis] = rows[row][axis];
    result[row][3] = -Dot(rows[row], Column(affine, 3));
  }
  return result;
}

}  // namespace gvsl::data_loader
