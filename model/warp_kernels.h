// The loops behind trilinear_sampler.h, on dense row-major memory. Every result element is computed
// by one thread in a fixed order, so the bits do not depend on the number of threads.
#pragma once

#include <cstdint>

namespace gvsl::model {

// Of the source; the field has three channels and the same batch and size.
struct WarpShape {
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t depth = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  constexpr std::int64_t voxels() const { return depth * height * width; }
};

template <typename T>
void WarpForward(const T* source, const T* field, const WarpShape& shape, T* out);

// Adds to `to_source`, which the caller has cleared.
template <typename T>
void WarpSourceGradient(const T* field, const T* gradient, const WarpShape& shape, T* to_source);

template <typename T>
void WarpFieldGradient(const T* source, const T* field, const T* gradient, const WarpShape& shape,
                       T* to_field);

}  // namespace gvsl::model
