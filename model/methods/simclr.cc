// SimCLR: Chen et al., "A simple framework for contrastive learning of visual representations"
// (ICML 2020), equation 1: the two views of a volume among all views of the step's volumes, on all
// workers, at temperature 0.1; a two-layer projector to 128 channels.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>

#include "model/initial_weights.h"
#include "model/methods/agreement_method.h"
#include "model/methods/projection_head.h"

namespace gvsl::model {
namespace {

constexpr double kTemperature = 0.1;
constexpr std::int64_t kProjection = 128;

class SimClr final : public AgreementMethod {
 public:
  explicit SimClr(const MethodOptions& options)
      : AgreementMethod(options),
        projector_(encoder().parameters(), "projector",
                   {.widths = {encoder().channels(), encoder().channels(), kProjection},
                    .norm_hidden = false}) {
    FillInitialWeights(encoder().parameters().all(), options.seed);
  }

  std::vector<std::string> LossNames() const override { return {"contrast", "total"}; }

 protected:
  Outcome JointLoss(const at::Tensor& rows) override {
    const std::int64_t channels = encoder().channels();
    const std::int64_t items = rows.size(0);
    const at::Tensor views =
        at::cat({rows.narrow(1, 0, channels), rows.narrow(1, channels, channels)}, 0);
    const at::Tensor projected = UnitRows(projector_.Forward(views));
    const at::Tensor same = at::eye(2 * items, projected.options());
    const at::Tensor scores = at::mm(projected, projected.t()) / kTemperature - same * 1e9;
    // Row k's partner is the other view of the same volume.
    const at::Tensor partner = same.roll({items}, {1});
    const at::Tensor loss = -(scores.log_softmax(1) * partner).sum(1).mean();
    return {loss, {{"contrast", loss.detach()}, {"total", loss.detach()}}};
  }

 private:
  ProjectionHead projector_;
};

}  // namespace

MethodPointer MakeSimClr(const MethodOptions& options) { return std::make_unique<SimClr>(options); }

}  // namespace gvsl::model
