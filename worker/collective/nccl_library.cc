#include "worker/collective/nccl_library.h"

#include <ATen/ops/add.h>
#include <ATen/ops/from_blob.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include "common/text.h"

namespace gvsl::collective {
namespace {

// The device is told, not asked of the address: that of no floats is null.
at::Tensor TensorOver(std::span<const float> values, at::Device device) {
  return at::for_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())})
      .options(at::TensorOptions(at::kFloat).device(device))
      .target_device(device)
      .make_tensor();
}

at::Tensor HostTensor(std::span<const float> values) { return TensorOver(values, at::kCPU); }

}  // namespace

std::shared_ptr<float> DeviceMemory::Allocate(std::size_t floats) {
  if (floats == 0) return nullptr;
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device_));
  void* memory = c10::cuda::CUDACachingAllocator::raw_alloc(floats * sizeof(float));
  return {static_cast<float*>(memory),
          [](float* floats) { c10::cuda::CUDACachingAllocator::raw_delete(floats); }};
}

void DeviceMemory::Add(std::span<const float> left, std::span<const float> right,
                       std::span<float> into) {
  at::Tensor sum = Tensor(into);
  at::add_out(sum, Tensor(left), Tensor(right));
}

void DeviceMemory::Write(std::span<const float> host, std::span<float> into) {
  Tensor(into).copy_(HostTensor(host));
}

void DeviceMemory::Read(std::span<const float> from, std::span<float> host) {
  HostTensor(host).copy_(Tensor(from));
}

at::Tensor DeviceMemory::Tensor(std::span<const float> values) const {
  return TensorOver(values, at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device_)));
}

StreamEvent::~StreamEvent() {
  if (event_ != nullptr) (void)cudaEventDestroy(event_);
}

Status StreamEvent::Record(cudaStream_t stream) {
  if (event_ == nullptr) {
    GVSL_RETURN_IF_ERROR(
        CheckCuda(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreate"));
  }
  return CheckCuda(cudaEventRecord(event_, stream), "cudaEventRecord");
}

Status StreamEvent::Hold(cudaStream_t stream) {
  return CheckCuda(cudaStreamWaitEvent(stream, event_), "cudaStreamWaitEvent");
}

StatusOr<bool> StreamEvent::IsReached() const {
  const cudaError_t result = cudaEventQuery(event_);
  if (result == cudaErrorNotReady) return false;
  GVSL_RETURN_IF_ERROR(CheckCuda(result, "cudaEventQuery"));
  return true;
}

Status CheckCuda(cudaError_t result, const char* call) {
  if (result == cudaSuccess) return OkStatus();
  return Status(StatusCode::kUnknown, Concat(call, ": ", cudaGetErrorString(result)));
}

Status CheckNccl(ncclResult_t result, const char* call, ncclComm_t comm) {
  if (result == ncclSuccess || result == ncclInProgress) return OkStatus();
  const char* const words = comm == nullptr ? nullptr : ncclGetLastError(comm);
  const std::string more = words == nullptr || *words == 0 ? "" : Concat(" (", words, ")");
  return UnavailableError(Concat("NCCL: ", call, ": ", ncclGetErrorString(result), more));
}

}  // namespace gvsl::collective
