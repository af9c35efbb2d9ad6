// What a backbone makes of voxels of known tissue: whether the same tissue of different subjects
// looks the same to it. Pure.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/look/looked_volume.h"

namespace gvsl::model {

// Row by row; `features` has as many floats a row as the backbone is wide.
struct TissueFeatures {
  std::vector<float> features;
  std::vector<std::int32_t> labels;
  std::vector<std::int32_t> subjects;
};

struct TissueDraw {
  std::int64_t voxels = 100;  // of each label, or as many as there are
  std::uint64_t seed = 1;
};

// Adds voxels of each label of `volume`, background included, drawn without replacement. `features`
// is (width, D, H, W). The volume has labels.
void AddTissueFeatures(const LookedVolume& volume, const at::Tensor& features,
                       const TissueDraw& draw, TissueFeatures& tissue);

}  // namespace gvsl::model
