// The whole network, its losses, gradients and first Adam steps against the golden ones.
#pragma once

#include "common/status.h"
#include "model/parity/deviation.h"
#include "model/parity/golden_folder.h"
#include "model/released_geometry.h"

namespace gvsl::model {

// Rebuilt inputs and parameters against the checksums of the index: 0 where they are the same, else
// 1.
Deviations CompareInputs(const GoldenFolder& folder);

constexpr int kGoldenSteps = 3;

// CASE_corrected or CASE_reference, computed in `dtype`, with the first `adam_steps` (0 to
// kGoldenSteps) updates; bounds are those of the golden README,
// section 5, for float32. Throws what LibTorch and GoldenFile throw.
Deviations CompareNetwork(const GoldenFolder& folder, const GoldenFile& file,
                          const GoldenCase& the_case, Geometry geometry, at::ScalarType dtype,
                          int adam_steps = kGoldenSteps);

}  // namespace gvsl::model
