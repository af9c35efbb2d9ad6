#include "model/register/overlap.h"

#include <cmath>
#include <map>

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

double MeanDsc(std::span<const std::int32_t> fixed, std::span<const std::int32_t> moving) {
  struct Counts {
    std::int64_t fixed = 0;
    std::int64_t moving = 0;
    std::int64_t both = 0;
  };
  std::map<std::int32_t, Counts> counts;
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    if (fixed[i] == 0 && moving[i] == 0) continue;
    ++counts[fixed[i]].fixed;
    ++counts[moving[i]].moving;
    if (fixed[i] == moving[i]) ++counts[fixed[i]].both;
  }
  double sum = 0;
  int labels = 0;
  for (const auto& [label, count] : counts) {
    if (label == 0 || count.fixed == 0) continue;
    sum += 2.0 * static_cast<double>(count.both) / static_cast<double>(count.fixed + count.moving);
    ++labels;
  }
  return labels == 0 ? 0 : sum / labels;
}

}  // namespace gvsl::model
