// Half and twice the size of volumes (N, C, D, H, W), differentiable; the bits of value and
// gradient are the same every time on every device.
#pragma once

#include <ATen/core/Tensor.h>

namespace gvsl::model {

// The largest value of each 2x2x2 window; a last odd plane is dropped. The gradient goes to the
// first of equal values.
at::Tensor HalveByMaximum(const at::Tensor& x);

// Twice the size, trilinear, corners aligned: the first and the last voxels stay.
at::Tensor UpsampleDouble(const at::Tensor& x);

}  // namespace gvsl::model
