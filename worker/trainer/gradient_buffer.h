// All gradients of a network as one row of floats, in the order of its parameters.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <span>
#include <vector>

namespace gvsl::trainer {

// A tensor over floats that lie on `device`.
at::Tensor AsTensor(std::span<float> values, at::Device device);

// Not thread-safe. The parameters are float32, contiguous, on one device; rows lie on `row_device`.
class GradientBuffer {
 public:
  explicit GradientBuffer(std::vector<at::Tensor> parameters, at::Device row_device = at::kCPU);

  std::size_t floats() const { return floats_; }
  // Every parameter has no gradient: the next backward pass starts from nothing.
  void Clear();
  // Copies the gradients to `out`, of floats() elements; zeros where a parameter has none.
  void Flatten(std::span<float> out) const;
  // `gradient`, of floats() elements, on the parameters' device: itself, or a copy.
  at::Tensor OnDevice(std::span<float> gradient) const;
  // The parameters' gradients become views of `gradient`, which is on their device.
  void Unflatten(const at::Tensor& gradient);

 private:
  std::vector<at::Tensor> parameters_;
  at::Device row_device_;
  std::size_t floats_ = 0;
};

// The Euclidean norm of `gradient` times `factor`, to which it is scaled in place; then, if
// `clip_norm` > 0 and its Euclidean norm is larger, scaled down to that norm. In place; the bits of
// the norm are those of the tensor's device.
double ScaleAndClip(at::Tensor gradient, double factor, double clip_norm);
bool IsFinite(std::span<const float> gradient, at::Device device = at::kCPU);

}  // namespace gvsl::trainer
