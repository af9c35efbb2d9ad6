// The GVSL network that stored weights are of.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/safetensors.h"
#include "common/status.h"
#include "model/gvsl_network.h"

namespace gvsl::model {

// Its width and its parts (matching, affine, restoration) are read from the names and shapes of the
// tensors. FAILED_PRECONDITION where they are no weights of this network; names the tensor.
StatusOr<std::unique_ptr<GvslNetwork>> MakeStoredNetwork(
    const std::map<std::string, TensorView>& stored, at::Device device = at::kCPU,
    Geometry geometry = Geometry::kCorrected);

}  // namespace gvsl::model
