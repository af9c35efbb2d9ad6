// What a method that restores makes of a volume that it has damaged itself.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "common/safetensors.h"
#include "common/status.h"

namespace gvsl::model {

// (D, H, W) each.
struct RestoredVolume {
  at::Tensor clean;
  at::Tensor damaged;
  at::Tensor restored;
};

// Whether the weights are of a method that restores.
bool Restores(const std::map<std::string, TensorView>& stored);

// `method` is what trained the weights; its damage is drawn from `seed`. `partner` is what gvsl
// reads beside the volume. (D, H, W) each. FAILED_PRECONDITION where the weights are not the
// method's.
StatusOr<RestoredVolume> Restore(const std::map<std::string, TensorView>& stored,
                                 const std::string& method, const at::Tensor& voxels,
                                 const at::Tensor& partner, std::uint64_t seed);

}  // namespace gvsl::model
