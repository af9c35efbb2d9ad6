#include "model/methods/agreement_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <torch/csrc/autograd/autograd.h>

#include "model/augmentation.h"
#include "model/methods/projection_head.h"

namespace gvsl::model {

Inputs AgreementMethod::Augment(const std::vector<PairSample>& samples) {
  const auto view = [&](std::uint32_t number) {
    return BatchOfViews(samples, number, options_.device);
  };
  const auto slot = static_cast<std::int64_t>(samples.front().key.slot);
  return {{"view0", view(0)}, {"view1", view(1)}, {"slot", at::full({}, slot, at::kLong)}};
}

at::Tensor AgreementMethod::Features(const Inputs& inputs) {
  const std::int64_t items = inputs.at("view0").size(0);
  const at::Tensor both = encoder_.Pooled(at::cat({inputs.at("view0"), inputs.at("view1")}, 0));
  return at::cat({both.narrow(0, 0, items), both.narrow(0, items, items)}, 1);
}

at::Tensor AgreementMethod::Share(const Inputs& inputs) {
  const at::NoGradGuard no_graph;
  return Rows(inputs).reshape(-1);
}

void AgreementMethod::Receive(const at::Tensor& shared) {
  const at::Tensor rows = shared.detach().view({-1, ItemFloats()}).requires_grad_();
  const Outcome joint = JointLoss(rows);
  std::vector<at::Tensor> leaves = {rows};
  for (const auto& [name, parameter] : encoder_.Heads()) leaves.push_back(parameter);
  const auto gradients =
      torch::autograd::grad({joint.loss}, leaves, {}, /*retain_graph=*/std::nullopt,
                            /*create_graph=*/false, /*allow_unused=*/true);
  row_gradient_ = gradients.front().view_as(shared);
  head_gradients_.assign(gradients.begin() + 1, gradients.end());
  joint_ = {.parts = joint.parts,
            .indicators = {{"spread", Spread(rows.narrow(1, 0, encoder_.channels()))}}};
}

Outcome AgreementMethod::Forward(const Inputs& inputs) {
  const std::int64_t slot = inputs.at("slot").item<std::int64_t>();
  const at::Tensor gradient = row_gradient_[slot].view({-1, ItemFloats()});
  at::Tensor loss = (Features(inputs) * gradient.narrow(1, 0, 2 * encoder_.channels())).sum();
  if (slot == 0) {
    const NamedTensors heads = encoder_.Heads();
    for (std::size_t i = 0; i < heads.size(); ++i) {
      if (head_gradients_[i].defined()) loss = loss + (heads[i].second * head_gradients_[i]).sum();
    }
  }
  Outcome outcome = joint_;
  outcome.loss = loss * static_cast<double>(options_.slots);
  return outcome;
}

}  // namespace gvsl::model
