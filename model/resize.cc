#include "model/resize.h"

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/max_pool3d.h>
#include <ATen/ops/max_pool3d_with_indices.h>
#include <ATen/ops/upsample_trilinear3d.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "model/cuda/device_kernels.h"

namespace gvsl::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kTwo[] = {2, 2, 2};

// LibTorch's gradient on a GPU adds atomically, which it takes to be in no order; windows that do
// not overlap have at most one value for each voxel.
class DeviceHalving : public torch::autograd::Function<DeviceHalving> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
    const auto [values, indices] = at::max_pool3d_with_indices(x, kTwo);
    context->save_for_backward({indices});
    context->saved_data["size"] = x.sizes();
    return values;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor indices = context->get_saved_variables()[0].contiguous();
    const at::Tensor gradient = gradients[0].contiguous();
    const c10::OptionalDeviceGuard guard(at::device_of(gradient));
    const auto size = context->saved_data["size"].toIntVector();
    at::Tensor to_x = at::zeros(size, gradient.options());
    const std::int64_t planes = size[0] * size[1];
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "halve_backward", [&] {
      cuda::PlaceByIndex(gradient.const_data_ptr<scalar_t>(),
                         indices.const_data_ptr<std::int64_t>(), planes, gradient.numel() / planes,
                         to_x.numel() / planes, to_x.data_ptr<scalar_t>());
    });
    return {to_x};
  }
};

// (2n, n): the weights of an axis.
at::Tensor DoublingMatrix(std::int64_t n, const at::TensorOptions& options) {
  at::Tensor matrix = at::zeros({2 * n, n}, at::kDouble);
  double* entries = matrix.data_ptr<double>();
  for (std::int64_t i = 0; i < 2 * n; ++i) {
    const double position = static_cast<double>(i * (n - 1)) / static_cast<double>(2 * n - 1);
    const auto low = static_cast<std::int64_t>(position);
    const double fraction = position - static_cast<double>(low);
    entries[i * n + low] += 1 - fraction;
    entries[i * n + std::min(low + 1, n - 1)] += fraction;
  }
  return matrix.to(options);
}

// A product an axis, whose gradient is a product too.
at::Tensor DoubleByProducts(const at::Tensor& x) {
  const auto matrix = [&x](int axis) { return DoublingMatrix(x.size(axis), x.options()); };
  const std::int64_t planes = x.size(0) * x.size(1);
  const std::int64_t depth = x.size(2);
  const std::int64_t height = x.size(3);
  const std::int64_t width = x.size(4);
  at::Tensor doubled = at::matmul(x.reshape({planes * depth * height, width}), matrix(4).t());
  doubled = at::matmul(matrix(3), doubled.view({planes * depth, height, 2 * width}));
  doubled = at::matmul(matrix(2), doubled.view({planes, depth, 4 * height * width}));
  return doubled.view({x.size(0), x.size(1), 2 * depth, 2 * height, 2 * width});
}

}  // namespace

at::Tensor HalveByMaximum(const at::Tensor& x) {
  return x.is_cuda() ? DeviceHalving::apply(x) : at::max_pool3d(x, kTwo);
}

at::Tensor UpsampleDouble(const at::Tensor& x) {
  if (x.is_cuda()) return DoubleByProducts(x);
  const std::int64_t size[] = {2 * x.size(2), 2 * x.size(3), 2 * x.size(4)};
  return at::upsample_trilinear3d(x, size, /*align_corners=*/true);
}

}  // namespace gvsl::model
