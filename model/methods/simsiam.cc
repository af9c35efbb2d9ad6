// SimSiam: Chen and He, "Exploring simple Siamese representation learning" (CVPR 2021), algorithm
// 1: a three-layer projector and a two-layer predictor with batch normalisation, the negative
// cosine similarity of one view's prediction and the other's projection, which passes no gradient.
// The paper's 2048 channels are the bottleneck's 16 * width here, the predictor's hidden layer a
// quarter.
#include <ATen/TensorOperators.h>

#include "model/initial_weights.h"
#include "model/methods/agreement_method.h"
#include "model/methods/projection_head.h"

namespace gvsl::model {
namespace {

class SimSiam final : public AgreementMethod {
 public:
  explicit SimSiam(const MethodOptions& options)
      : AgreementMethod(options),
        projector_(
            encoder().parameters(), "projector",
            {.widths = std::vector<std::int64_t>(4, encoder().channels()), .norm_out = true}),
        predictor_(
            encoder().parameters(), "predictor",
            {.widths = {encoder().channels(), encoder().channels() / 4, encoder().channels()}}) {
    FillInitialWeights(encoder().parameters().all(), options.seed);
  }

  std::vector<std::string> LossNames() const override { return {"similarity", "total"}; }

 protected:
  Outcome JointLoss(const at::Tensor& rows) override {
    const std::int64_t channels = encoder().channels();
    const at::Tensor z0 = projector_.Forward(rows.narrow(1, 0, channels));
    const at::Tensor z1 = projector_.Forward(rows.narrow(1, channels, channels));
    const auto similarity = [](const at::Tensor& prediction, const at::Tensor& projection) {
      return (UnitRows(prediction) * UnitRows(projection.detach())).sum(1).mean();
    };
    const at::Tensor loss =
        -(similarity(predictor_.Forward(z0), z1) + similarity(predictor_.Forward(z1), z0)) / 2;
    return {loss, {{"similarity", -loss.detach()}, {"total", loss.detach()}}};
  }

 private:
  ProjectionHead projector_;
  ProjectionHead predictor_;
};

}  // namespace

MethodPointer MakeSimSiam(const MethodOptions& options) {
  return std::make_unique<SimSiam>(options);
}

}  // namespace gvsl::model
