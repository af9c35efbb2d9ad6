#include "model/look/tissue_features.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/philox.h"

namespace gvsl::model {
namespace {

using VoxelsByLabel = std::map<std::int32_t, std::vector<std::int64_t>>;

VoxelsByLabel Group(const at::Tensor& labels) {
  const auto* const values = labels.const_data_ptr<std::int32_t>();
  VoxelsByLabel groups;
  for (std::int64_t voxel = 0; voxel < labels.numel(); ++voxel) {
    groups[values[voxel]].push_back(voxel);
  }
  return groups;
}

// The first `count` of a shuffle.
void Draw(std::vector<std::int64_t>& voxels, std::size_t count, Philox& draws) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto left = static_cast<std::uint32_t>(voxels.size() - i);
    std::swap(voxels[i], voxels[i + draws.NextBelow(left)]);
  }
  voxels.resize(count);
}

}  // namespace

void AddTissueFeatures(const LookedVolume& volume, const at::Tensor& features,
                       const TissueDraw& draw, TissueFeatures& tissue) {
  const at::Tensor rows = features.flatten(1).contiguous();
  const float* const values = rows.const_data_ptr<float>();
  const std::int64_t all = rows.size(1);
  for (auto& [label, voxels] : Group(*volume.labels)) {
    Philox draws(draw.seed, DrawPurpose::kLook, volume.subject, static_cast<std::uint64_t>(label));
    Draw(voxels, std::min(voxels.size(), static_cast<std::size_t>(draw.voxels)), draws);
    for (const std::int64_t voxel : voxels) {
      for (std::int64_t channel = 0; channel < rows.size(0); ++channel) {
        tissue.features.push_back(values[channel * all + voxel]);
      }
      tissue.labels.push_back(label);
      tissue.subjects.push_back(static_cast<std::int32_t>(volume.subject));
    }
  }
}

}  // namespace gvsl::model
