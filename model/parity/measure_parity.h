// How good a segmentation or a score is, measured on what functions.safetensors holds.
#pragma once

#include "model/parity/deviation.h"
#include "model/parity/golden_folder.h"

namespace gvsl::model {

// Hard Dice and the area under the ROC curve, in float64. Throws what LibTorch and GoldenFile
// throw.
Deviations CompareMeasures(const GoldenFile& file);

}  // namespace gvsl::model
