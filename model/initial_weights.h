// The weights a job starts from.
#pragma once

#include <cstdint>

#include "model/parameters.h"

namespace gvsl::model {

// Fills every tensor from a stream of its own, named by the seed and the parameter's name, so that
// the values do not depend on which other parameters a network has: convolutions of the U-Net
// Kaiming-normal (std = sqrt(2 / fan_in)); all other weights and all biases uniform within
// 1/sqrt(fan_in), PyTorch's default; GroupNorm 1 and 0.
void FillInitialWeights(const NamedTensors& parameters, std::uint64_t seed);

}  // namespace gvsl::model
