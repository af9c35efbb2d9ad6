#include "model/cuda/devices.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <cuda_runtime_api.h>

#include <string>

#include "common/text.h"

namespace gvsl::model::cuda {
namespace {

std::string Version(long number, long thousand) {
  return Concat(number / thousand, ".", number % thousand * 1000 / thousand / 10);
}

}  // namespace

DeviceList Devices() {
  DeviceList devices;
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0) {
    devices.why_none = error == cudaSuccess ? "no GPU is visible" : cudaGetErrorString(error);
    return devices;
  }
  for (int index = 0; index < count; ++index) {
    cudaDeviceProp facts{};
    if (cudaGetDeviceProperties(&facts, index) != cudaSuccess) {
      devices.why_none = Concat("cuda:", index, " does not answer");
      break;
    }
    devices.found.push_back({facts.name, Concat(facts.major, ".", facts.minor),
                             HexEncode({facts.uuid.bytes, sizeof(facts.uuid.bytes)})});
  }
  return devices;
}

std::string LibraryVersions() {
  int runtime = 0;
  (void)cudaRuntimeGetVersion(&runtime);
  const long cudnn = at::detail::getCUDAHooks().versionRuntimeCuDNN();
  return Concat("cuda-", Version(runtime, 1000), "/cudnn-", cudnn);
}

std::int64_t MemoryRefusals(int device) {
  return c10::cuda::CUDACachingAllocator::getDeviceStats(static_cast<c10::DeviceIndex>(device))
      .num_ooms;
}

}  // namespace gvsl::model::cuda
