#include "model/box_filter.h"

#include <ATen/DeviceGuard.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <vector>

#include "model/cuda/device_kernels.h"

namespace gvsl::model {
namespace {

// Of `outer` blocks of n rows of `inner` values: every row becomes the sum of the rows within
// `radius`. A task slides over up to kChunk columns of one block.
constexpr std::int64_t kChunk = 64;

void SlideColumns(double* first, std::int64_t n, std::int64_t stride, std::int64_t columns,
                  std::int64_t radius, std::vector<double>& copy, std::vector<double>& sum) {
  copy.resize(n * columns);
  for (std::int64_t i = 0; i < n; ++i) {
    std::copy_n(first + i * stride, columns, copy.data() + i * columns);
  }
  sum.assign(columns, 0.0);
  for (std::int64_t i = -radius; i < n; ++i) {
    const std::int64_t entering = i + radius;
    const std::int64_t leaving = i - radius - 1;
    if (entering < n) {
      for (std::int64_t k = 0; k < columns; ++k) sum[k] += copy[entering * columns + k];
    }
    if (leaving >= 0) {
      for (std::int64_t k = 0; k < columns; ++k) sum[k] -= copy[leaving * columns + k];
    }
    if (i >= 0) std::copy_n(sum.data(), columns, first + i * stride);
  }
}

void SumAlong(double* values, std::int64_t outer, std::int64_t n, std::int64_t inner,
              std::int64_t radius) {
  const std::int64_t chunks = (inner + kChunk - 1) / kChunk;
  at::parallel_for(0, outer * chunks, 16, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> copy;
    std::vector<double> sum;
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t column = task % chunks * kChunk;
      SlideColumns(values + task / chunks * n * inner + column, n, inner,
                   std::min(kChunk, inner - column), radius, copy, sum);
    }
  });
}

at::Tensor DeviceBoxSum(const at::Tensor& values, std::int64_t radius) {
  const c10::OptionalDeviceGuard guard(at::device_of(values));
  const std::int64_t planes = values.size(0) * values.size(1);
  const std::int64_t depth = values.size(2);
  const std::int64_t height = values.size(3);
  const std::int64_t width = values.size(4);
  at::Tensor sums = at::empty_like(values);
  at::Tensor between = at::empty_like(values);
  const double* in = values.const_data_ptr<double>();
  double* out = sums.data_ptr<double>();
  cuda::SumAlong(in, planes * depth * height, width, 1, radius, out);
  cuda::SumAlong(out, planes * depth, height, width, radius, between.data_ptr<double>());
  cuda::SumAlong(between.data_ptr<double>(), planes, depth, height * width, radius, out);
  return sums;
}

}  // namespace

at::Tensor BoxSum(const at::Tensor& values, std::int64_t radius) {
  if (values.is_cuda()) return DeviceBoxSum(values.detach().contiguous(), radius);
  at::Tensor sums = values.detach().clone(at::MemoryFormat::Contiguous);
  double* data = sums.data_ptr<double>();
  const std::int64_t planes = sums.size(0) * sums.size(1);
  const std::int64_t depth = sums.size(2);
  const std::int64_t height = sums.size(3);
  const std::int64_t width = sums.size(4);
  SumAlong(data, planes * depth * height, width, 1, radius);
  SumAlong(data, planes * depth, height, width, radius);
  SumAlong(data, planes, depth, height * width, radius);
  return sums;
}

}  // namespace gvsl::model
