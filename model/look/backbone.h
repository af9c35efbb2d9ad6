// The U-Net alone, whatever method has trained it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "common/safetensors.h"
#include "common/status.h"
#include "model/unet.h"

namespace gvsl::model {

// Not thread-safe.
class Backbone {
 public:
  // Of the tensors named `unet.*`. FAILED_PRECONDITION names what is missing.
  static StatusOr<Backbone> Load(const std::map<std::string, TensorView>& stored);

  // (D, H, W) -> (width, D, H, W): what the last decoder layer makes of each voxel.
  at::Tensor Local(const at::Tensor& voxels) const;
  // (D, H, W) -> (17 * width, D, H, W): those and the bottleneck's, read between its voxels. Of
  // each channel the mean is 0 and the deviation 1 (over the square root of how many its layer has,
  // so that both layers count alike), for methods differ in scale.
  at::Tensor LocalAndGlobal(const at::Tensor& voxels) const;

 private:
  explicit Backbone(std::int64_t width);
  ParameterList parameters_;
  UNet unet_;
};

}  // namespace gvsl::model
