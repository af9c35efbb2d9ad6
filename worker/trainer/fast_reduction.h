// `numerics: fast`: the slots' gradients are added up where they are computed, and each bucket of
// them travels as soon as the last slot's backward pass has filled it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "worker/trainer/gradient_buffer.h"
#include "worker/trainer/reduction.h"

namespace gvsl::trainer {

class FastReduction final : public Reduction {
 public:
  explicit FastReduction(ReductionParts parts);
  ~FastReduction() override;

  void BeginStep() override;
  void BeginSlot(int slot) override;
  bool TravelsDuring(int slot) const override { return InPlace() && slot == last_slot_; }
  void EndSlot(int slot, SlotReport report) override;
  StatusOr<SummedStep> Sum() override;
  std::span<float> gradient() override { return total_.span().first(gradients_.floats()); }

 private:
  // Neighbouring parameters, from the last to the first: that is how a backward pass fills them.
  struct Bucket {
    std::size_t begin = 0;  // floats [begin, end) of the gradient
    std::size_t end = 0;
    int parameters = 0;
    int awaited = 0;  // parameters that the last backward pass has yet to fill
  };
  class Hooks;

  void MakeBuckets();
  void OnGradient(std::size_t parameter);
  // Every rank starts the buckets in one order, whatever its backward pass does.
  void StartFilledBuckets();
  bool InPlace() const { return device() == p_.parameters.front().device(); }

  ReductionParts p_;
  GradientBuffer gradients_;
  int last_slot_ = 0;
  collective::FloatBuffer total_;  // gradient, then reports
  std::vector<float> reports_;
  std::vector<Bucket> buckets_;
  std::vector<std::size_t> bucket_of_;  // by parameter
  std::size_t started_ = 0;             // buckets
  bool last_pass_ = false;              // the backward pass under way is the last slot's
  Status status_;                       // of the buckets that were started
  std::unique_ptr<Hooks> hooks_;
};

}  // namespace gvsl::trainer
