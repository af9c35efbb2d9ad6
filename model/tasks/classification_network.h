// The U-Net's encoder with the published linear head: one number from the pooled global features,
// and a sigmoid of it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "model/parameters.h"
#include "model/tasks/sliding_window.h"
#include "model/unet.h"

namespace gvsl::model {

// Its parameters are `unet.*`, the decoder's too, and `head.{weight,bias}`. Not thread-safe.
class ClassificationNetwork {
 public:
  ClassificationNetwork(ParameterList& parameters, std::int64_t width)
      : unet_(parameters, width), head_(parameters, "head", 16 * width, 1) {}

  // (N, 1, D, H, W) -> (N, 16 * width): the mean of the bottleneck over space.
  at::Tensor Features(const at::Tensor& volumes) const {
    return unet_.Encode(volumes).mean({2, 3, 4});
  }
  // Of features: (N), whose sigmoid is the probability of class 1.
  at::Tensor Logits(const at::Tensor& features) const { return head_.Forward(features).squeeze(1); }

 private:
  UNet unet_;
  Linear head_;
};

// Of a volume (D, H, W) on the network's device, through windows (sliding_window.h), of which `see`
// gives the features: the mean of their logits, a scalar, without a graph.
at::Tensor MeanLogit(
    const ClassificationNetwork& network, const at::Tensor& volume, const VolumeExtent& window,
    const SeeWindow& see, const GoesOn& goes_on = [] { return true; });
at::Tensor MeanLogit(const ClassificationNetwork& network, const at::Tensor& volume,
                     const VolumeExtent& window);

}  // namespace gvsl::model
