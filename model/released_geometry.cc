#include "model/released_geometry.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <vector>

namespace gvsl::model {

at::Tensor ReleasedAffineMatrix(const at::Tensor& matrix, at::IntArrayRef size) {
  const auto n = [&size](int axis) { return static_cast<double>(size[2 - axis]); };  // x, y, z
  at::Tensor factors = at::empty({3, 4}, at::kDouble);
  double* factor = factors.data_ptr<double>();
  for (int a = 0; a < 3; ++a) {
    for (int b = 0; b < 3; ++b) *factor++ = n(a) / n(b);
    *factor++ = n(a) / (2 * n(2 - a));
  }
  return matrix.detach() * factors.to(matrix.options());
}

at::Tensor ReleasedReading(const at::Tensor& displacement) {
  std::vector<at::Tensor> channels;
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t n = displacement.size(axis + 2);
    const auto gaps = static_cast<double>(std::max<std::int64_t>(n - 1, 1));
    std::vector<std::int64_t> shape = {1, 1, 1, 1, 1};
    shape[axis + 2] = n;
    const at::Tensor stretch =
        at::arange(n, displacement.options().requires_grad(false)).view(shape) / gaps - 0.5;
    const at::Tensor channel = displacement.narrow(1, axis, 1);
    channels.push_back(channel * (static_cast<double>(n) / gaps) + stretch);
  }
  return at::cat(channels, 1);
}

}  // namespace gvsl::model
