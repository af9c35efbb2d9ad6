// The whole GVSL network: one U-Net for both volumes, the Z-matching head, the restoration head.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "model/parameters.h"
#include "model/unet.h"
#include "model/z_matching_head.h"

namespace gvsl::model {

struct NetworkOptions {
  std::int64_t width = 32;  // channels of the first level, a positive multiple of 8
  bool matching = true;     // false: no Z-matching head at all (`affine` then means nothing)
  bool affine = true;       // false: the matching head is its deformable half
  bool restoration = true;
  Geometry geometry = Geometry::kCorrected;
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
};

// `res_conv`: 3x3x3 convolution, GroupNorm(width/8), LeakyReLU, 1x1x1 convolution to one channel.
class RestorationHead {
 public:
  RestorationHead(ParameterList& parameters, std::int64_t width);
  at::Tensor Forward(const at::Tensor& local) const;

 private:
  Conv3d conv_;
  NormActivation norm_;
  Conv3d out_;
};

struct NetworkOutput {
  Features fixed;
  Features moving;      // undefined without matching
  Matching matching;    // undefined without matching
  at::Tensor warped;    // (N, 1, D, H, W), moving on the fixed grid; undefined without matching
  at::Tensor restored;  // (N, 1, D, H, W); undefined without restoration
};

// Has exactly the parameters of the parts it is built with, under the released state-dict names and
// in their order; they are zero until somebody fills them (initial_weights.h, weights_file.h). Not
// thread-safe.
class GvslNetwork {
 public:
  explicit GvslNetwork(const NetworkOptions& options);
  // (N, 1, D, H, W) each; `moving` is not read without matching.
  NetworkOutput Forward(const at::Tensor& fixed, const at::Tensor& moving) const;
  const NamedTensors& parameters() const { return parameters_.all(); }
  const NetworkOptions& options() const { return options_; }

 private:
  NetworkOptions options_;
  ParameterList parameters_;
  UNet unet_;
  std::optional<RestorationHead> restoration_;
  std::optional<DeformableHead> deformable_;
  std::optional<AffineHead> affine_;
};

}  // namespace gvsl::model
