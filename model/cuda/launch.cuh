// One thread an element.
#pragma once

#include <cstdint>

#include "model/cuda/stream.h"

namespace gvsl::model::cuda {

inline constexpr int kThreads = 256;

__device__ inline std::int64_t Element() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

template <typename... Parameters, typename... Arguments>
void ForEach(std::int64_t elements, void (*kernel)(std::int64_t, Parameters...),
             Arguments... arguments) {
  if (elements == 0) return;
  const auto blocks = static_cast<unsigned>((elements + kThreads - 1) / kThreads);
  kernel<<<blocks, kThreads, 0, CurrentStream()>>>(elements, arguments...);
  CheckLaunch();
}

}  // namespace gvsl::model::cuda
