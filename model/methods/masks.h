// Masks of blocks over a volume, (1, 1, D, H, W), float32 on the CPU: 1 where something is hidden,
// else 0. Pure functions of their arguments.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/philox.h"

namespace gvsl::model {

// Boxes of a sixth to a third of each axis, anywhere and overlapping, until they cover at least
// `share` of the volume.
at::Tensor DrawBoxMask(at::IntArrayRef size, double share, Philox& draws);

// Of a grid of blocks of 16 voxels an axis (a quarter of axes below 64), `share` of the blocks.
at::Tensor DrawGridMask(at::IntArrayRef size, double share, Philox& draws);

}  // namespace gvsl::model
