// The U-Net with the published linear head: one 3x3x3 convolution from its local features to the
// classes, and a softmax over them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/parameters.h"
#include "model/unet.h"

namespace gvsl::model {

// Its parameters are `unet.*` and `head.{weight,bias}`. Not thread-safe.
class SegmentationNetwork {
 public:
  SegmentationNetwork(ParameterList& parameters, std::int64_t width, std::int64_t classes)
      : unet_(parameters, width), head_(parameters, "head", width, classes, 3) {}

  // (N, 1, D, H, W) -> (N, width, D, H, W)
  at::Tensor Features(const at::Tensor& volumes) const { return unet_.Forward(volumes).local; }
  // Of features: (N, classes, D, H, W), each voxel's adding up to 1.
  at::Tensor Probabilities(const at::Tensor& features) const {
    return head_.Forward(features).softmax(1);
  }

 private:
  UNet unet_;
  Conv3d head_;
};

}  // namespace gvsl::model
