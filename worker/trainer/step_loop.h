// The step loop: next sample, forward, backward, reduce, optimise, record, maybe checkpoint.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "worker/collective/communicator.h"
#include "worker/collective/slot_tree.h"
#include "worker/trainer/gradient_buffer.h"
#include "worker/trainer/job_checkpoints.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/sample_source.h"
#include "worker/trainer/slot_rows.h"
#include "worker/trainer/step_meter.h"
#include "worker/trainer/stop_flag.h"
#include "worker/trainer/train_state.h"

namespace gvsl::trainer {

enum class LoopEnd {
  kFinished,  // the last step is committed, and on disk if this is rank 0
  kStopped,   // all ranks left after the same step
};

// One rank's steps of one generation. Everything is borrowed. Not thread-safe.
//
// What a slot adds depends on (job, step, slot) alone: each is computed by itself, from no
// gradients, in ascending order, and its gradient is added along the slot tree.
class StepLoop {
 public:
  struct Parts {
    const JobPlan& job;
    const GangPlan& gang;
    TrainState& state;
    SampleSource& samples;
    JobCheckpoints& checkpoints;
    collective::Communicator& communicator;
    const StopFlag& stop;
    TrainerObserver& observer;
    Clock& clock;
  };
  explicit StepLoop(const Parts& parts);

  // The communicator's error when the gang is broken: the state then holds every step that this
  // rank committed. FAILED_PRECONDITION when a loss is not finite, DATA_LOSS for a damaged shard.
  StatusOr<LoopEnd> Run();

 private:
  // Computes one slot and leaves its gradient and row in the sums.
  Status ComputeSlot(int slot, StopVote vote);
  Status Reduce();
  Status CheckFinite(const std::vector<SlotReport>& reports) const;
  void Commit(const std::vector<SlotReport>& reports);
  void Announce(const std::vector<SlotReport>& reports);
  Status MaybeCheckpoint(StopVote vote);
  Status FinalCheckpoint();

  std::span<float> Gradient() { return std::span(total_).first(gradients_.floats()); }
  std::span<const float> Rows() const { return std::span(total_).subspan(gradients_.floats()); }

  Parts p_;
  GradientBuffer gradients_;
  std::vector<std::string> loss_names_;
  SlotRows rows_;
  collective::SlotTree tree_;
  std::vector<int> owners_;
  std::vector<int> own_slots_;
  collective::SubtreeSums sums_;
  std::vector<float> total_;  // gradient, then rows, summed over all slots
  StepMeter meter_;
};

}  // namespace gvsl::trainer
