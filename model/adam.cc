#include "model/adam.h"

#include <ATen/ops/zeros_like.h>
#include <torch/optim/adam.h>

#include <tuple>
#include <utility>

namespace gvsl::model {

struct Adam::Optimizer {
  Optimizer(const std::vector<at::Tensor>& parameters, const torch::optim::AdamOptions& options)
      : adam(parameters, options) {}
  torch::optim::Adam adam;
  std::vector<torch::optim::AdamParamState*> states;
};

Adam::Adam(std::vector<at::Tensor> parameters, const AdamOptions& options) {
  torch::optim::AdamOptions theirs(options.learning_rate);
  theirs.betas({options.beta1, options.beta2}).weight_decay(options.weight_decay);
  optimizer_ = std::make_unique<Optimizer>(parameters, theirs);
  for (const at::Tensor& parameter : parameters) {
    auto state = std::make_unique<torch::optim::AdamParamState>();
    exp_avg_.push_back(at::zeros_like(parameter));
    exp_avg_sq_.push_back(at::zeros_like(parameter));
    state->exp_avg(exp_avg_.back());
    state->exp_avg_sq(exp_avg_sq_.back());
    optimizer_->states.push_back(state.get());
    optimizer_->adam.state()[parameter.unsafeGetTensorImpl()] = std::move(state);
  }
}

Adam::~Adam() = default;

void Adam::Update(std::uint64_t step, double learning_rate) {
  for (auto* state : optimizer_->states) state->step(static_cast<std::int64_t>(step));
  for (auto& group : optimizer_->adam.param_groups()) group.options().set_lr(learning_rate);
  optimizer_->adam.step();
}

}  // namespace gvsl::model
