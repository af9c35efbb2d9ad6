#include "model/metrics/warp_labels.h"

#include <cmath>

namespace gvsl::model {
namespace {

// The nearest voxel of one axis, or -1 outside.
std::int64_t Nearest(std::int64_t position, float offset, std::int64_t size) {
  const double at = std::floor(static_cast<double>(position) + offset + 0.5);
  return at >= 0 && at < static_cast<double>(size) ? static_cast<std::int64_t>(at) : -1;
}

}  // namespace

Labels WarpLabels(std::span<const std::int32_t> labels, std::span<const float> field,
                  const VolumeSize& size) {
  const std::int64_t voxels = size[0] * size[1] * size[2];
  Labels out(labels.size(), 0);
  for (std::int64_t i = 0; i < voxels; ++i) {
    const std::int64_t z = Nearest(i / (size[1] * size[2]), field[i], size[0]);
    const std::int64_t y = Nearest(i / size[2] % size[1], field[voxels + i], size[1]);
    const std::int64_t x = Nearest(i % size[2], field[2 * voxels + i], size[2]);
    if (z >= 0 && y >= 0 && x >= 0) out[i] = labels[(z * size[1] + y) * size[2] + x];
  }
  return out;
}

}  // namespace gvsl::model
