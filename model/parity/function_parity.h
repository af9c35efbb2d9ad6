// Single operations against functions.safetensors.
#pragma once

#include "model/parity/deviation.h"
#include "model/parity/golden_folder.h"

namespace gvsl::model {

// Computed in `dtype`; bounds are those of the golden README, section 5, for float32. Throws what
// LibTorch and GoldenFile throw.
Deviations CompareFunctions(const GoldenFolder& folder, const GoldenFile& file,
                            at::ScalarType dtype);

}  // namespace gvsl::model
