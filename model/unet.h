// The 3D U-Net that is pre-trained: five levels of width, 2, 4, 8, 16 times `width` channels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/layers.h"

namespace gvsl::model {

struct Features {
  at::Tensor global;  // bottleneck: (N, 16*width, D/16, H/16, W/16), sizes rounded up
  at::Tensor local;   // last decoder layer: (N, width, D, H, W)
};

// Any size of at least one voxel an axis: the input is zero-padded evenly to multiples of 16 and
// the local features are cropped back. Parameters are `unet.{inc,down1..4,up1..4}`.
class UNet {
 public:
  UNet(ParameterList& parameters, std::int64_t width);
  // The global features alone, as the encoder (`unet.{inc,down1..4}`) gives them.
  at::Tensor Encode(const at::Tensor& x) const;
  // x is (N, 1, D, H, W) of the parameters' type.
  Features Forward(const at::Tensor& x) const;

 private:
  // By level; the last is the bottleneck.
  std::vector<at::Tensor> Levels(const at::Tensor& x) const;

  std::vector<DoubleConv> encoder_;
  std::vector<DoubleConv> decoder_;
};

}  // namespace gvsl::model
