// How the gradients of a step's slots become one, over all ranks: along the slot tree (strict), or
// in whatever order is quickest (fast). The slots' reports travel behind them.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "common/status.h"
#include "worker/collective/communicator.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/slot_rows.h"

namespace gvsl::trainer {

// What a step came to, over all slots.
struct SummedStep {
  std::vector<SlotReport> reports;  // by slot
  bool finite =
      true;  // the sum; where it is not, a report need not know whose gradient is to blame
};

// Of one rank, for one generation. Not thread-safe.
//
// A step is BeginStep; for each own slot, ascending: BeginSlot, a backward pass, EndSlot; then Sum.
class Reduction {
 public:
  virtual ~Reduction() = default;
  virtual void BeginStep() = 0;
  virtual void BeginSlot(int slot) = 0;
  // The backward pass of `slot` may wait for the peers.
  virtual bool TravelsDuring(int /*slot*/) const { return false; }
  // The parameters hold what the backward pass of `slot` gave.
  virtual void EndSlot(int slot, SlotReport report) = 0;
  // Collective. The communicator's error.
  virtual StatusOr<SummedStep> Sum() = 0;
  // After Sum: the sum of all slots' gradients, of as many floats as the parameters have, on
  // device().
  virtual std::span<float> gradient() = 0;

  at::Device device() const { return device_; }

 protected:
  explicit Reduction(at::Device device) : device_(device) {}

 private:
  at::Device device_;
};

// What a reduction works on; borrowed.
struct ReductionParts {
  const std::vector<at::Tensor>& parameters;
  collective::Communicator& communicator;
  std::vector<int> owners;  // rank by slot
  SlotRows rows;
};

// Where the communicator's floats lie.
at::Device RowDevice(const ReductionParts& parts);

std::unique_ptr<Reduction> MakeReduction(Numerics numerics, ReductionParts parts);

}  // namespace gvsl::trainer
