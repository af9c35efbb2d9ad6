#include "model/initial_weights.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "common/philox.h"
#include "common/sha256.h"

namespace gvsl::model {
namespace {

std::uint64_t NameNumber(const std::string& name) {
  return std::stoull(Sha256Hex(name).substr(0, 16), nullptr, 16);
}

std::int64_t FanIn(const at::Tensor& weight) { return weight.numel() / weight.size(0); }

void Fill(const std::string& name, const at::Tensor& weight, at::Tensor parameter,
          std::uint64_t seed) {
  const bool is_weight = parameter.is_same(weight);
  if (weight.dim() == 1) {
    parameter.fill_(is_weight ? 1 : 0);
    return;
  }
  Philox draws(seed, DrawPurpose::kInitialWeights, NameNumber(name), 0);
  const bool normal = is_weight && name.starts_with("unet.");
  const double fan_in = static_cast<double>(FanIn(weight));
  const double scale = normal ? std::sqrt(2 / fan_in) : 1 / std::sqrt(fan_in);
  at::Tensor values = at::empty(parameter.sizes(), at::kDouble);
  std::generate_n(values.data_ptr<double>(), values.numel(), [&] {
    return scale * (normal ? draws.NextNormal() : 2 * draws.NextDouble() - 1);
  });
  parameter.copy_(values);
}

}  // namespace

void FillInitialWeights(const NamedTensors& parameters, std::uint64_t seed) {
  const at::NoGradGuard no_graph;
  at::Tensor weight;
  for (const auto& [name, parameter] : parameters) {
    if (name.ends_with(".weight")) weight = parameter;
    Fill(name, weight, parameter, seed);
  }
}

}  // namespace gvsl::model
