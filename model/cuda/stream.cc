#include "model/cuda/stream.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAStream.h>

namespace gvsl::model::cuda {

cudaStream_t CurrentStream() { return c10::cuda::getCurrentCUDAStream().stream(); }

void CheckLaunch() { C10_CUDA_KERNEL_LAUNCH_CHECK(); }

}  // namespace gvsl::model::cuda
