#include "data_loader/orientation.h"

#include <algorithm>
#include <cmath>

#include "data_loader/geometry.h"

namespace gvsl::data_loader {

AxisOrder ClosestToRas(const Affine& to_ras) {
  std::array<int, 3> permutation = {0, 1, 2};
  std::array<int, 3> best = permutation;
  double best_score = -1;
  do {
    double score = 0;
    for (int axis = 0; axis < 3; ++axis) {
      const Vector3 step = Column(to_ras, permutation[axis]);
      score += std::abs(step[axis]) / Length(step);
    }
    if (score > best_score + 1e-9) {
      best_score = score;
      best = permutation;
    }
  } while (std::next_permutation(permutation.begin(), permutation.end()));
  AxisOrder order{best, {}};
  for (int axis = 0; axis < 3; ++axis) order.flipped[axis] = to_ras[axis][best[axis]] < 0;
  return order;
}

Image ToRas(const RawVolume& volume) {
  const AxisOrder order = ClosestToRas(volume.to_ras);
  const std::array<std::int64_t, 3> old_size = {volume.size[2], volume.size[1], volume.size[0]};
  const std::array<std::int64_t, 3> old_stride = {1, old_size[0], old_size[0] * old_size[1]};
  std::array<std::int64_t, 3> size, stride;  // x, y, z
  std::int64_t start = 0;
  Image image;
  Vector3 origin = Column(volume.to_ras, 3);
  for (int axis = 0; axis < 3; ++axis) {
    const int source = order.source[axis];
    const double sign = order.flipped[axis] ? -1 : 1;
    size[axis] = old_size[source];
    stride[axis] = order.flipped[axis] ? -old_stride[source] : old_stride[source];
    const Vector3 step = Column(volume.to_ras, source);
    SetColumn(image.grid.to_ras, axis, Scale(step, sign));
    image.grid.spacing[2 - axis] = Length(step);
    image.grid.size[2 - axis] = size[axis];
    if (order.flipped[axis]) {
      start += (size[axis] - 1) * old_stride[source];
      origin = Add(origin, Scale(step, static_cast<double>(size[axis] - 1)));
    }
  }
  SetColumn(image.grid.to_ras, 3, origin);
  image.voxels.reserve(volume.voxels.size());
  for (std::int64_t z = 0; z < size[2]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      const std::int64_t row = start + z * stride[2] + y * stride[1];
      for (std::int64_t x = 0; x < size[0]; ++x) {
        image.voxels.push_back(volume.voxels[row + x * stride[0]]);
      }
    }
  }
  return image;
}

}  // namespace gvsl::data_loader
