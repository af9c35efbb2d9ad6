// How the released code reads volumes, for `numerics: reference`: its maps as those of ours that
// read at the same places (tests/golden/README.md, section 2, "reference"). All others take the
// corrected geometry.
#pragma once

#include <ATen/core/Tensor.h>

namespace gvsl::model {

enum class Geometry {
  kCorrected,  // affine_map.h: voxels about the middle, one reading, gradients everywhere
  kReleased,   // normalised coordinates, two readings, no gradient through the affine matrix
};

// (N, 3, 4) of the affine head -> the matrix with which AffineField reads where the released
// sampler does on a grid of `size` = (D, H, W): normalised coordinates stretch the axes against
// each other, and translations are divided by the wrong one. Without a gradient, as released.
at::Tensor ReleasedAffineMatrix(const at::Tensor& matrix, at::IntArrayRef size);

// The field with which WarpByField reads where the released spatial transformer does for a
// displacement (N, 3, D, H, W) in voxels: at q * n / (n - 1) - 1/2 instead of q = p + u(p). With a
// gradient.
at::Tensor ReleasedReading(const at::Tensor& displacement);

}  // namespace gvsl::model
