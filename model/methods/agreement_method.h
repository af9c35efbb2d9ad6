// What SimSiam, BYOL and SimCLR share: two views of each volume, the mean of the encoder's
// bottleneck over each, and a head and a loss over the samples of all slots together.
//
// The slots tell each other their items' rows; every worker computes head and loss on all of them,
// and so the gradient of each row and of the head. A slot's backward pass is then that of its own
// rows, computed a second time with a graph (Gao et al., "Scaling deep contrastive learning batch
// size under memory limited setup", 2021): no graph of another slot is ever needed. The head's
// gradient is added by slot 0.
#pragma once

#include <string>
#include <vector>

#include "model/methods/encoder.h"
#include "model/methods/methods.h"

namespace gvsl::model {

// Inputs by name: "view0" and "view1", (N, 1, D, H, W), and "slot", a number on the CPU.
class AgreementMethod : public Method {
 public:
  explicit AgreementMethod(const MethodOptions& options) : options_(options), encoder_(options) {}

  // Of the pooled features of view 0 (Spread in projection_head.h): projections are normalised over
  // these very rows, and would hide a collapse.
  std::vector<std::string> IndicatorNames() const override { return {"spread"}; }
  NamedTensors NamedParameters() override { return encoder_.Trained(); }
  NamedTensors FixedWeights() override { return encoder_.Fixed(); }
  Inputs Augment(const std::vector<PairSample>& samples) override;
  std::int64_t SharedFloats() const override { return options_.batch_per_slot * ItemFloats(); }
  at::Tensor Share(const Inputs& inputs) override;
  void Receive(const at::Tensor& shared) override;
  // The loss is one whose gradient is the slot's part of that of slots * joint loss; the parts are
  // the joint loss's.
  Outcome Forward(const Inputs& inputs) override;

 protected:
  // Of one item, in its row.
  virtual std::int64_t ItemFloats() const { return 2 * encoder_.channels(); }
  // (N, ItemFloats()): Features, and what a method appends, to which no gradient goes.
  virtual at::Tensor Rows(const Inputs& inputs) { return Features(inputs); }
  // (N, 2 * channels): [pooled features of view 0, those of view 1].
  at::Tensor Features(const Inputs& inputs);
  // Of all items of the step (items, ItemFloats()), the slots' in order.
  virtual Outcome JointLoss(const at::Tensor& rows) = 0;

  const MethodOptions& options() const { return options_; }
  Encoder& encoder() { return encoder_; }

 private:
  MethodOptions options_;
  Encoder encoder_;
  Outcome joint_;                           // of what was received last; without a graph
  at::Tensor row_gradient_;                 // (slots, SharedFloats())
  std::vector<at::Tensor> head_gradients_;  // as Encoder::Heads()
};

}  // namespace gvsl::model
