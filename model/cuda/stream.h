#pragma once

#include <cuda_runtime_api.h>

namespace gvsl::model::cuda {

// LibTorch's current stream of the current device.
cudaStream_t CurrentStream();
// Throws c10::Error when the launch before it was refused.
void CheckLaunch();

}  // namespace gvsl::model::cuda
