#include "model/cuda/device_kernels.h"
#include "model/cuda/launch.cuh"

namespace gvsl::model::cuda {
namespace {

__global__ void SumRows(std::int64_t elements, const double* in, std::int64_t n, std::int64_t inner,
                        std::int64_t radius, double* out) {
  const std::int64_t i = Element();
  if (i >= elements) return;
  const std::int64_t row = i / inner % n;
  const std::int64_t begin = row > radius ? row - radius : 0;
  const std::int64_t end = row + radius + 1 < n ? row + radius + 1 : n;
  const double* column = in + i - row * inner;
  double sum = 0;
  for (std::int64_t k = begin; k < end; ++k) sum += column[k * inner];
  out[i] = sum;
}

template <typename T>
__global__ void Place(std::int64_t elements, const T* values, const std::int64_t* index,
                      std::int64_t values_per_plane, std::int64_t out_per_plane, T* out) {
  const std::int64_t i = Element();
  if (i < elements) out[i / values_per_plane * out_per_plane + index[i]] = values[i];
}

}  // namespace

void SumAlong(const double* in, std::int64_t outer, std::int64_t n, std::int64_t inner,
              std::int64_t radius, double* out) {
  ForEach(outer * n * inner, SumRows, in, n, inner, radius, out);
}

template <typename T>
void PlaceByIndex(const T* values, const std::int64_t* index, std::int64_t planes,
                  std::int64_t values_per_plane, std::int64_t out_per_plane, T* out) {
  ForEach(planes * values_per_plane, Place<T>, values, index, values_per_plane, out_per_plane, out);
}

template void PlaceByIndex<float>(const float*, const std::int64_t*, std::int64_t, std::int64_t,
                                  std::int64_t, float*);
template void PlaceByIndex<double>(const double*, const std::int64_t*, std::int64_t, std::int64_t,
                                   std::int64_t, double*);

}  // namespace gvsl::model::cuda
