#include <cmath>

#include "model/cuda/device_kernels.h"
#include "model/cuda/launch.cuh"
#include "model/warp_corners.h"

namespace gvsl::model::cuda {
namespace {

// Of element i of the (N, D, H, W) voxels.
template <typename T>
__device__ Cell<T> CellOf(const T* field, const WarpShape& shape, std::int64_t i) {
  const std::int64_t voxels = shape.voxels();
  const std::int64_t voxel = i % voxels;
  const std::int64_t x = voxel % shape.width;
  const std::int64_t y = voxel / shape.width % shape.height;
  const std::int64_t z = voxel / shape.width / shape.height;
  const T* offset = field + 3 * (i / voxels) * voxels + voxel;
  return {Corners(offset[0], z, shape.depth), Corners(offset[voxels], y, shape.height),
          Corners(offset[2 * voxels], x, shape.width)};
}

template <typename T>
__global__ void Forward(std::int64_t elements, const T* source, const T* field, WarpShape shape,
                        T* out) {
  const std::int64_t i = Element();
  if (i >= elements) return;
  const std::int64_t voxels = shape.voxels();
  const std::int64_t first = i / voxels * shape.channels * voxels;
  const Cell<T> cell = CellOf(field, shape, i);
  std::int32_t offset[8];
  T weight[8];
  for (int k = 0; k < 8; ++k) {
    offset[k] = cell.Offset(k, shape.height, shape.width);
    weight[k] = cell.Weight(k);
  }
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    const T* volume = source + first + c * voxels;
    T sum = 0;
    for (int k = 0; k < 8; ++k) sum += weight[k] * volume[offset[k]];
    out[first + c * voxels + i % voxels] = sum;
  }
}

// 2 to the power of the result is the unit of a fixed-point sum of `terms` values up to `largest`.
template <typename T>
__device__ int UnitExponent(T largest, std::int64_t terms) {
  int log2_terms = 0;
  while ((std::int64_t{1} << log2_terms) < terms) ++log2_terms;
  return largest > 0 ? ilogb(static_cast<double>(largest)) + 1 + log2_terms - 62 : 0;
}

template <typename T>
__global__ void AddSourceGradient(std::int64_t elements, const T* field, const T* gradient,
                                  const T* largest, WarpShape shape, std::int64_t* sums) {
  const std::int64_t i = Element();
  if (i >= elements || !isfinite(*largest)) return;
  const std::int64_t voxels = shape.voxels();
  const std::int64_t first = i / voxels * shape.channels * voxels;
  const Cell<T> cell = CellOf(field, shape, i);
  const int exponent = UnitExponent(*largest, voxels);
  for (int k = 0; k < 8; ++k) {
    const T weight = cell.Weight(k);
    if (weight == 0) continue;
    const std::int64_t at = first + cell.Offset(k, shape.height, shape.width);
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      const double value = static_cast<double>(weight) * gradient[first + c * voxels + i % voxels];
      const std::int64_t units = llrint(ldexp(value, -exponent));
      atomicAdd(reinterpret_cast<unsigned long long*>(sums + at + c * voxels),
                static_cast<unsigned long long>(units));
    }
  }
}

template <typename T>
__global__ void FromFixedPoint(std::int64_t elements, const std::int64_t* sums, const T* largest,
                               std::int64_t terms, T* out) {
  const std::int64_t i = Element();
  if (i >= elements) return;
  const double value = ldexp(static_cast<double>(sums[i]), UnitExponent(*largest, terms));
  out[i] = isfinite(*largest) ? static_cast<T>(value) : static_cast<T>(nan(""));
}

template <typename T>
__global__ void FieldGradient(std::int64_t elements, const T* source, const T* field,
                              const T* gradient, WarpShape shape, T* to_field) {
  const std::int64_t i = Element();
  if (i >= elements) return;
  const std::int64_t voxels = shape.voxels();
  const std::int64_t first = i / voxels * shape.channels * voxels;
  const Cell<T> cell = CellOf(field, shape, i);
  std::int32_t offset[8];
  for (int k = 0; k < 8; ++k) offset[k] = cell.Offset(k, shape.height, shape.width);
  T sums[8] = {};
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    const T* volume = source + first + c * voxels;
    const T value = gradient[first + c * voxels + i % voxels];
    for (int k = 0; k < 8; ++k) sums[k] += value * volume[offset[k]];
  }
  T slopes[3];
  cell.Slopes(sums, slopes);
  for (int axis = 0; axis < 3; ++axis) {
    to_field[(3 * (i / voxels) + axis) * voxels + i % voxels] = slopes[axis];
  }
}

}  // namespace

template <typename T>
void WarpForward(const T* source, const T* field, const WarpShape& shape, T* out) {
  ForEach(shape.batch * shape.voxels(), Forward<T>, source, field, shape, out);
}

template <typename T>
void WarpSourceGradient(const T* field, const T* gradient, const T* largest, const WarpShape& shape,
                        std::int64_t* sums, T* to_source) {
  ForEach(shape.batch * shape.voxels(), AddSourceGradient<T>, field, gradient, largest, shape,
          sums);
  ForEach(shape.batch * shape.channels * shape.voxels(), FromFixedPoint<T>, sums, largest,
          shape.voxels(), to_source);
}

template <typename T>
void WarpFieldGradient(const T* source, const T* field, const T* gradient, const WarpShape& shape,
                       T* to_field) {
  ForEach(shape.batch * shape.voxels(), FieldGradient<T>, source, field, gradient, shape, to_field);
}

template void WarpForward<float>(const float*, const float*, const WarpShape&, float*);
template void WarpForward<double>(const double*, const double*, const WarpShape&, double*);
template void WarpSourceGradient<float>(const float*, const float*, const float*, const WarpShape&,
                                        std::int64_t*, float*);
template void WarpSourceGradient<double>(const double*, const double*, const double*,
                                         const WarpShape&, std::int64_t*, double*);
template void WarpFieldGradient<float>(const float*, const float*, const float*, const WarpShape&,
                                       float*);
template void WarpFieldGradient<double>(const double*, const double*, const double*,
                                        const WarpShape&, double*);

}  // namespace gvsl::model::cuda
