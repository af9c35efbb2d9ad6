// Methods, very small, as a worker uses them.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/method.h"
#include "tests/model/test_volumes.h"

namespace gvsl::model {

inline MethodOptions Options(const std::string& name) {
  return {.method = name, .width = 8, .slots = 2, .steps = 10, .volumes = 6};
}

inline std::unique_ptr<Method> Make(const MethodOptions& options) {
  auto method = MakeMethod(options);
  EXPECT_TRUE(method.ok()) << method.status();
  return *std::move(method);
}
inline std::unique_ptr<Method> Make(const std::string& name) { return Make(Options(name)); }

// Of `items` volumes from number `first` on, as slot `slot`.
inline std::vector<PairSample> Samples(std::uint32_t slot, std::uint32_t first,
                                       std::uint32_t items = 1) {
  std::vector<PairSample> samples;
  for (std::uint32_t k = 0; k < items; ++k) {
    PairSample sample = MakeSample(20, {1, 7, 0, first + k});
    sample.key.slot = slot;
    sample.volume = first + k;
    samples.push_back(sample);
  }
  return samples;
}

// One step: each element of `slots` is a slot's inputs. The outcomes by slot; the gradients are the
// sum over the slots.
inline std::vector<Outcome> Step(Method& method, const std::vector<Inputs>& slots) {
  if (method.SharedFloats() > 0) {
    std::vector<at::Tensor> rows;
    for (const Inputs& inputs : slots) rows.push_back(method.Share(inputs));
    method.Receive(at::stack(rows));
  }
  for (auto& [name, parameter] : method.NamedParameters()) {
    at::Tensor handle = parameter;
    handle.mutable_grad() = at::Tensor();
  }
  std::vector<Outcome> outcomes;
  for (const Inputs& inputs : slots) {
    outcomes.push_back(method.Forward(inputs));
    outcomes.back().loss.backward();
  }
  return outcomes;
}

// All gradients in a row; zeros where there is none.
inline at::Tensor FlatGradient(Method& method) {
  std::vector<at::Tensor> flat;
  for (const auto& [name, parameter] : method.NamedParameters()) {
    flat.push_back(parameter.grad().defined() ? parameter.grad().flatten()
                                              : at::zeros({parameter.numel()}));
  }
  return at::cat(flat);
}

inline double Find(const NamedTensors& scalars, const std::string& wanted) {
  for (const auto& [name, value] : scalars) {
    if (name == wanted) return value.item<double>();
  }
  ADD_FAILURE() << "no " << wanted;
  return 0;
}
inline double Part(const Outcome& outcome, const std::string& wanted) {
  return Find(outcome.parts, wanted);
}
inline double Indicator(const Outcome& outcome, const std::string& wanted) {
  return Find(outcome.indicators, wanted);
}

inline at::Tensor Named(const NamedTensors& tensors, const std::string& wanted) {
  for (const auto& [name, tensor] : tensors) {
    if (name == wanted) return tensor;
  }
  ADD_FAILURE() << "no tensor " << wanted;
  return {};
}

}  // namespace gvsl::model
