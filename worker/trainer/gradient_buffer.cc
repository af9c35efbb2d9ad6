#include "worker/trainer/gradient_buffer.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/sum.h>

#include <cmath>
#include <utility>

namespace gvsl::trainer {
at::Tensor AsTensor(std::span<float> values, at::Device device) {
  // The device is told, not asked of the address: that of no floats is null.
  return at::for_blob(values.data(), {static_cast<std::int64_t>(values.size())})
      .options(at::TensorOptions(at::kFloat).device(device))
      .target_device(device)
      .make_tensor();
}

GradientBuffer::GradientBuffer(std::vector<at::Tensor> parameters, at::Device row_device)
    : parameters_(std::move(parameters)), row_device_(row_device) {
  for (const at::Tensor& parameter : parameters_) {
    floats_ += static_cast<std::size_t>(parameter.numel());
  }
}

void GradientBuffer::Clear() {
  for (at::Tensor& parameter : parameters_) parameter.mutable_grad() = at::Tensor();
}

void GradientBuffer::Flatten(std::span<float> out) const {
  std::size_t begin = 0;
  for (const at::Tensor& parameter : parameters_) {
    const std::span<float> part = out.subspan(begin, static_cast<std::size_t>(parameter.numel()));
    const at::Tensor& gradient = parameter.grad();
    at::Tensor row = AsTensor(part, row_device_);
    if (gradient.defined()) {
      row.copy_(gradient.reshape(-1));
    } else {
      row.zero_();
    }
    begin += part.size();
  }
}

at::Tensor GradientBuffer::OnDevice(std::span<float> gradient) const {
  return AsTensor(gradient, row_device_).to(parameters_.front().device());
}

void GradientBuffer::Unflatten(const at::Tensor& gradient) {
  std::int64_t begin = 0;
  for (at::Tensor& parameter : parameters_) {
    parameter.mutable_grad() = gradient.narrow(0, begin, parameter.numel()).view(parameter.sizes());
    begin += parameter.numel();
  }
}

double ScaleAndClip(at::Tensor gradient, double factor, double clip_norm) {
  gradient.mul_(factor);
  const double norm = at::linalg_vector_norm(gradient).item<double>();
  if (clip_norm > 0 && norm > clip_norm) gradient.mul_(clip_norm / (norm + 1e-6));
  return norm;
}

bool IsFinite(std::span<const float> gradient, at::Device device) {
  const std::span<float> values(const_cast<float*>(gradient.data()), gradient.size());
  return std::isfinite(at::sum(AsTensor(values, device)).item<double>());
}

}  // namespace gvsl::trainer
