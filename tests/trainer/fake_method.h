// A method that is computed in no time: B is predicted as a multiple of A plus a constant. One more
// parameter never gets a gradient.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/method.h"
#include "worker/trainer/train_state.h"

namespace gvsl::trainer {

struct FakeMethodOptions {
  // Where the loss is not a number.
  std::optional<std::pair<std::uint64_t, std::uint32_t>> broken;  // step, slot
  std::uint64_t survey_period = 0;
};

class FakeMethod final : public model::Method {
 public:
  FakeMethod(std::uint64_t seed, FakeMethodOptions options) : options_(options) {
    scale_ = at::full({1, 3}, 0.01 * static_cast<double>(seed)).set_requires_grad(true);
    shift_ = at::zeros({1}).set_requires_grad(true);
    unused_ = at::ones({2, 2}).set_requires_grad(true);
  }

  std::vector<std::string> LossNames() const override { return {"error", "total"}; }
  model::NamedTensors NamedParameters() override {
    return {{"scale", scale_}, {"shift", shift_}, {"unused", unused_}};
  }
  model::Inputs Augment(const std::vector<model::PairSample>& samples) override {
    std::vector<at::Tensor> fixed, moving;
    for (const model::PairSample& sample : samples) {
      fixed.push_back(sample.a);
      moving.push_back(sample.b);
      const auto place = std::pair(sample.key.step, sample.key.slot);
      broken_ = options_.broken.has_value() && *options_.broken == place;
    }
    return {{"fixed", at::stack(fixed)}, {"moving", at::stack(moving)}};
  }
  model::Outcome Forward(const model::Inputs& inputs) override {
    const at::Tensor predicted = inputs.at("fixed") * scale_.sum() + shift_;
    at::Tensor loss = (predicted - inputs.at("moving")).pow(2).mean();
    if (broken_) loss = loss * std::numeric_limits<float>::quiet_NaN();
    return {loss, {{"error", loss.detach()}, {"total", loss.detach()}}};
  }

  model::NamedTensors NamedState() override { return {{"described", described_}}; }
  std::vector<model::Survey> SurveysAt(std::uint64_t step) const override {
    if (options_.survey_period == 0 || step % options_.survey_period != 0) return {};
    return {{model::Part::kTrain, model::Survey::View::kMiddle, 2}};
  }
  at::Tensor Describe(const model::Survey& /*survey*/, const model::LabelledVolume& volume,
                      const model::LabelledVolume* /*partner*/,
                      const model::GoesOn& /*goes_on*/) override {
    return at::stack({volume.voxels.mean(), volume.voxels.max()});
  }
  // Twice would be more than once.
  std::vector<std::string> TakeDescriptions(std::uint64_t /*step*/, const model::Survey& /*survey*/,
                                            const at::Tensor& descriptions,
                                            const std::function<bool()>& /*goes_on*/) override {
    described_.add_(descriptions.sum());
    scale_.add_(descriptions.mean());
    return {"scale"};
  }

 private:
  FakeMethodOptions options_;
  bool broken_ = false;
  at::Tensor scale_, shift_, unused_;
  at::Tensor described_ = at::zeros({1});
};

inline MethodFactory MakeFakeMethod(FakeMethodOptions options = {}) {
  return [options](const model::MethodOptions& method) -> StatusOr<std::unique_ptr<model::Method>> {
    return std::unique_ptr<model::Method>(std::make_unique<FakeMethod>(method.seed, options));
  };
}

}  // namespace gvsl::trainer
