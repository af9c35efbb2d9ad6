// `numerics: strict`: each slot by itself, from no gradients, added along the slot tree.
#pragma once

#include "worker/collective/slot_tree.h"
#include "worker/trainer/gradient_buffer.h"
#include "worker/trainer/reduction.h"

namespace gvsl::trainer {

class StrictReduction final : public Reduction {
 public:
  explicit StrictReduction(ReductionParts parts);

  void BeginStep() override { sums_.Reset(); }
  void BeginSlot(int slot) override;
  void EndSlot(int slot, SlotReport report) override;
  StatusOr<std::vector<SlotReport>> Sum() override;
  std::span<float> gradient() override { return total_.span().first(gradients_.floats()); }

 private:
  ReductionParts p_;
  GradientBuffer gradients_;
  collective::SlotTree tree_;
  collective::SubtreeSums sums_;
  collective::FloatBuffer total_;  // gradient, then reports
};

}  // namespace gvsl::trainer
