// Whether a network has answered at all.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>

#include "model/infer/trained_network.h"

namespace gvsl::model {

// DATA_LOSS: the weights lead to no finite numbers.
inline Status CheckFinite(const TrainedNetwork& trained, const at::Tensor& answer) {
  if (at::isfinite(answer).all().item<bool>()) return OkStatus();
  return DataLossError(trained.weights +
                       ": with these weights the network's answer is no finite number");
}

}  // namespace gvsl::model
