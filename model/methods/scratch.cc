// Scratch: no pre-training. The seeded weights stay as they are, so that a table's row without
// pre-training is made like all others.
#include <ATen/ops/zeros.h>

#include "model/initial_weights.h"
#include "model/methods/methods.h"
#include "model/unet.h"

namespace gvsl::model {
namespace {

class Scratch final : public Method {
 public:
  explicit Scratch(const MethodOptions& options)
      : parameters_(at::TensorOptions(at::kFloat).device(options.device)),
        unet_(parameters_, options.width) {
    FillInitialWeights(parameters_.all(), options.seed);
  }

  std::vector<std::string> LossNames() const override { return {"total"}; }
  NamedTensors NamedParameters() override { return parameters_.all(); }
  Inputs Augment(const std::vector<PairSample>& /*samples*/) override { return {}; }
  // A loss that no parameter has a part in: every gradient is zero, and Adam moves nothing.
  Outcome Forward(const Inputs& /*inputs*/) override {
    const at::Tensor loss = at::zeros({}).requires_grad_();
    return {loss, {{"total", loss.detach()}}};
  }

 private:
  ParameterList parameters_;
  UNet unet_;
};

}  // namespace

MethodPointer MakeScratch(const MethodOptions& options) {
  return std::make_unique<Scratch>(options);
}

}  // namespace gvsl::model
