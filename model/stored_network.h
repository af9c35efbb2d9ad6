// The GVSL network that stored weights are of.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/safetensors.h"
#include "common/status.h"
#include "model/gvsl_network.h"

namespace gvsl::model {

// Channels of the U-Net's first level. FAILED_PRECONDITION where the weights have none, or one that
// cannot be.
StatusOr<std::int64_t> StoredWidth(const std::map<std::string, TensorView>& stored);

// Its width and its parts (matching, affine, restoration) are read from the names and shapes of the
// tensors. FAILED_PRECONDITION where they are no weights of this network; names the tensor.
StatusOr<std::unique_ptr<GvslNetwork>> MakeStoredNetwork(
    const std::map<std::string, TensorView>& stored, at::Device device = at::kCPU,
    Geometry geometry = Geometry::kCorrected);

}  // namespace gvsl::model
