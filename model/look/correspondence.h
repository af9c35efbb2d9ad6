// Where in another subject a backbone finds the same place. Pure.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace gvsl::model {

using Voxel = std::array<std::int64_t, 3>;  // z, y, x

struct Correspondence {
  Voxel point{};    // of the one volume
  Voxel partner{};  // of the other: the voxel whose features are the most similar
  std::int32_t label = 0;
  std::int32_t partner_label = 0;
  at::Tensor
      similarity;  // (D, H, W) of the other: cosine of each voxel's features with the point's
};

// Of one point for each label but 0 of the one volume, ascending, at most `most`: the voxel of the
// label that is the nearest to its centre. Labels are (D, H, W), int32, features (channels, D, H,
// W); the two volumes may differ in size.
std::vector<Correspondence> FindPartners(const at::Tensor& one_labels,
                                         const at::Tensor& one_features,
                                         const at::Tensor& other_labels,
                                         const at::Tensor& other_features, std::size_t most);

}  // namespace gvsl::model
