// BYOL: Grill et al., "Bootstrap your own latent" (NeurIPS 2020), equations 1 and 2: the online
// network predicts the target network's projection of the other view; the target follows the online
// network with a momentum that rises from 0.996 to 1 along a cosine over the job. The paper's
// hidden layer of 4096 channels (twice its features) is twice the bottleneck's here; projections
// have 256.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <cmath>
#include <numbers>

#include "model/initial_weights.h"
#include "model/methods/agreement_method.h"
#include "model/methods/momentum_copy.h"
#include "model/methods/projection_head.h"

namespace gvsl::model {
namespace {

constexpr double kBaseMomentum = 0.996;
constexpr std::int64_t kProjection = 256;

ProjectionOptions Projector(std::int64_t channels) {
  return {.widths = {channels, 2 * channels, kProjection}};
}

class Byol final : public AgreementMethod {
 public:
  explicit Byol(const MethodOptions& options)
      : AgreementMethod(options),
        projector_(encoder().parameters(), "projector", Projector(encoder().channels())),
        predictor_(encoder().parameters(), "predictor",
                   {.widths = {kProjection, 2 * encoder().channels(), kProjection}}),
        target_(options),
        target_projector_(target_.parameters(), "projector", Projector(encoder().channels())),
        copy_(encoder().Trained(), target_.Trained()) {
    FillInitialWeights(encoder().parameters().all(), options.seed);
    FillInitialWeights(target_.parameters().all(), options.seed);
  }

  std::vector<std::string> LossNames() const override { return {"prediction", "total"}; }
  NamedTensors NamedState() override {
    NamedTensors state;
    for (const auto& [name, tensor] : copy_.follower())
      state.emplace_back("target." + name, tensor);
    return state;
  }
  void AfterInit() override { copy_.BeginAgain(); }
  void AfterUpdate(std::uint64_t step) override {
    const double done = static_cast<double>(step) / static_cast<double>(options().steps);
    copy_.Follow(1 - (1 - kBaseMomentum) * (std::cos(std::numbers::pi * done) + 1) / 2);
  }

 protected:
  // Behind the online network's features, the target network's.
  std::int64_t ItemFloats() const override { return 2 * AgreementMethod::ItemFloats(); }
  at::Tensor Rows(const Inputs& inputs) override {
    const at::Tensor targets =
        at::cat({target_.Pooled(inputs.at("view0")), target_.Pooled(inputs.at("view1"))}, 1);
    return at::cat({Features(inputs), targets}, 1);
  }
  Outcome JointLoss(const at::Tensor& rows) override {
    const std::int64_t channels = encoder().channels();
    const auto part = [&](std::int64_t k) { return rows.narrow(1, k * channels, channels); };
    const auto error = [&](std::int64_t online, std::int64_t target) {
      const at::Tensor wanted = target_projector_.Forward(part(target)).detach();
      const at::Tensor prediction = predictor_.Forward(projector_.Forward(part(online)));
      return (UnitRows(prediction) - UnitRows(wanted)).square().sum(1).mean();
    };
    const at::Tensor loss = error(0, 3) + error(1, 2);
    return {loss, {{"prediction", loss.detach()}, {"total", loss.detach()}}};
  }

 private:
  ProjectionHead projector_;
  ProjectionHead predictor_;
  Encoder target_;
  ProjectionHead target_projector_;
  MomentumCopy copy_;
};

}  // namespace

MethodPointer MakeByol(const MethodOptions& options) { return std::make_unique<Byol>(options); }

}  // namespace gvsl::model
