// The GPU's halves of the operators of which LibTorch has no deterministic gradient, on dense
// row-major memory of the current device; queued on LibTorch's current stream. In a build without
// CUDA each of them throws: no tensor of such a build lies on a GPU.
//
// No result depends on the order in which threads run.
#pragma once

#include <cstdint>

#include "model/warp_kernels.h"

namespace gvsl::model::cuda {

template <typename T>
void WarpForward(const T* source, const T* field, const WarpShape& shape, T* out);

// Voxels are added in fixed point, for integers may be added in any order: in units of `largest`
// (one value on the device: the largest magnitude in `gradient`) times 2 to the power of
// log2(voxels) - 61, which is finer than T for float and ends at 2^-40 for 128^3 voxels. `sums` has
// a cleared element for each of the source. NaN everywhere where `largest` is not finite.
template <typename T>
void WarpSourceGradient(const T* field, const T* gradient, const T* largest, const WarpShape& shape,
                        std::int64_t* sums, T* to_source);

template <typename T>
void WarpFieldGradient(const T* source, const T* field, const T* gradient, const WarpShape& shape,
                       T* to_field);

// Of `outer` blocks of n rows of `inner` values: each row of `out` is the sum of the rows of `in`
// within `radius`.
void SumAlong(const double* in, std::int64_t outer, std::int64_t n, std::int64_t inner,
              std::int64_t radius, double* out);

// out[plane][index[plane][k]] = values[plane][k]; the indices of a plane are distinct.
template <typename T>
void PlaceByIndex(const T* values, const std::int64_t* index, std::int64_t planes,
                  std::int64_t values_per_plane, std::int64_t out_per_plane, T* out);

}  // namespace gvsl::model::cuda
