// The U-Net of a method that trains its encoder alone.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/method.h"
#include "model/unet.h"

namespace gvsl::model {

// A head adds its parameters to parameters() after the U-Net's; then FillInitialWeights makes all
// of them. Not thread-safe.
class Encoder {
 public:
  explicit Encoder(const MethodOptions& options);

  ParameterList& parameters() { return parameters_; }
  // Channels of the bottleneck: 16 * width.
  std::int64_t channels() const { return channels_; }
  // (N, 1, D, H, W) -> (N, channels, D/16, H/16, W/16), sizes rounded up.
  at::Tensor Bottleneck(const at::Tensor& volumes) const { return unet_.Encode(volumes); }
  // (N, channels): the mean of the bottleneck over space.
  at::Tensor Pooled(const at::Tensor& volumes) const;

  // Encoder and heads; and the decoder, which stays as it began.
  NamedTensors Trained() const;
  NamedTensors Fixed() const;
  // What of Trained() is no part of the U-Net.
  NamedTensors Heads() const;

 private:
  ParameterList parameters_;
  UNet unet_;
  std::int64_t channels_;
};

}  // namespace gvsl::model
