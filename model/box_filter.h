// Sums over cubic windows, one axis after the other.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gvsl::model {

// The sum over the (2*radius+1)^3 window around each voxel, zeros outside, of a float64 tensor
// (N, C, D, H, W). It is its own adjoint. No graph is recorded; the bits do not depend on the
// number of threads.
at::Tensor BoxSum(const at::Tensor& values, std::int64_t radius);

}  // namespace gvsl::model
