// 3D convolution, stride 1, by the fastest way that the library beneath has.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gvsl::model {

// x (N, C, D, H, W), weight (O, C, K, K, K), bias (O) -> (N, O, D, H, W): zero-padded, K odd; with
// a gradient of each. Safe from any thread.
at::Tensor Convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

}  // namespace gvsl::model
