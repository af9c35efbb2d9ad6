// NCCL and CUDA as values: their errors, the memory and streams of LibTorch.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <nccl.h>

#include <string>

#include "common/status.h"
#include "worker/collective/float_memory.h"

namespace gvsl::collective {

// A device's memory, out of LibTorch's cache: what the trainer frees is used again.
class DeviceMemory final : public FloatMemory {
 public:
  explicit DeviceMemory(int device) : device_(device) {}
  bool OnHost() const override { return false; }
  std::shared_ptr<float> Allocate(std::size_t floats) override;
  void Add(std::span<const float> left, std::span<const float> right,
           std::span<float> into) override;
  void Write(std::span<const float> host, std::span<float> into) override;
  void Read(std::span<const float> from, std::span<float> host) override;

 private:
  at::Tensor Tensor(std::span<const float> values) const;

  int device_;
};

// A point in a stream.
class StreamEvent {
 public:
  StreamEvent() = default;
  ~StreamEvent();
  StreamEvent(const StreamEvent&) = delete;
  StreamEvent& operator=(const StreamEvent&) = delete;

  Status Record(cudaStream_t stream);
  // What is queued on `stream` from now on waits for the point.
  Status Hold(cudaStream_t stream);
  // OK and true: the work before the point is done.
  StatusOr<bool> IsReached() const;

 private:
  cudaEvent_t event_ = nullptr;
};

// UNKNOWN (a trouble of this machine's own) unless all is well.
Status CheckCuda(cudaError_t result, const char* call);
// UNAVAILABLE unless all is well or under way; with NCCL's own last words about `comm`, if any.
Status CheckNccl(ncclResult_t result, const char* call, ncclComm_t comm = nullptr);

}  // namespace gvsl::collective
