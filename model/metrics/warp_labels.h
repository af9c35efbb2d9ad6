// Moving a label map along a field.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace gvsl::model {

using Labels = std::vector<std::int32_t>;
using VolumeSize = std::array<std::int64_t, 3>;  // z, y, x

// out(p) = labels[nearest voxel to p + field(p)], 0 outside. `field` is (3, D, H, W), channels z,
// y, x, in voxels.
Labels WarpLabels(std::span<const std::int32_t> labels, std::span<const float> field,
                  const VolumeSize& size);

}  // namespace gvsl::model
