// The grid of a U-Net's bottleneck, of 16 voxels an axis each.
#pragma once

#include <ATen/core/Tensor.h>

namespace gvsl::model {

// (N, C, D, H, W), zero-padded evenly to multiples of 16.
at::Tensor PadToMultiple(const at::Tensor& x);
// What lies over `like` in a tensor of its padded size.
at::Tensor CropBack(at::Tensor x, const at::Tensor& like);

}  // namespace gvsl::model
