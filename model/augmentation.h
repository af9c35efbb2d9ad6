// From a pair of crops to what the network and the losses see.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/method.h"

namespace gvsl::model {

// (1, 3, D, H, W): A, A with its appearance damaged, B; all three read through the same random
// field; values in [0, 1], on `device`. A pure function of the sample; draws and appearance are the
// processor's on every device. A and B must have one size (c10::Error otherwise).
at::Tensor AugmentPair(const PairSample& sample, at::Device device = at::kCPU);

}  // namespace gvsl::model
