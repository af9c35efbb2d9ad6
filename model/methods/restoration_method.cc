#include "model/methods/restoration_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <utility>

#include "model/initial_weights.h"
#include "model/losses.h"

namespace gvsl::model {

RestorationMethod::RestorationMethod(const MethodOptions& options, Damage damage)
    : network_({.width = options.width, .matching = false, .device = options.device}),
      damage_(std::move(damage)) {
  FillInitialWeights(network_.parameters(), options.seed);
}

Inputs RestorationMethod::Augment(const std::vector<PairSample>& samples) {
  const at::NoGradGuard no_graph;
  std::map<std::string, std::vector<at::Tensor>> items;
  for (const PairSample& sample : samples) {
    const DamagedVolume volume = damage_(sample, network_.options().device);
    items["clean"].push_back(volume.clean);
    items["damaged"].push_back(volume.damaged);
    if (volume.counted.defined()) items["counted"].push_back(volume.counted);
  }
  Inputs inputs;
  for (const auto& [name, volumes] : items) inputs[name] = at::cat(volumes, 0);
  return inputs;
}

Outcome RestorationMethod::Forward(const Inputs& inputs) {
  const at::Tensor restored = network_.Forward(inputs.at("damaged"), {}).restored;
  const at::Tensor& clean = inputs.at("clean");
  at::Tensor loss;
  if (const auto counted = inputs.find("counted"); counted != inputs.end()) {
    const at::Tensor error = counted->second * (restored - clean).square();
    loss = error.sum() / counted->second.sum().clamp_min(1);
  } else {
    loss = RestorationLoss(restored, clean);
  }
  return {loss, {{"restoration", loss.detach()}, {"total", loss.detach()}}};
}

}  // namespace gvsl::model
