// The step loop: next sample, forward, backward, reduce, optimise, record, maybe checkpoint.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "worker/collective/communicator.h"
#include "worker/trainer/collapse_watch.h"
#include "worker/trainer/gradient_buffer.h"
#include "worker/trainer/job_checkpoints.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/reduction.h"
#include "worker/trainer/sample_source.h"
#include "worker/trainer/slot_exchange.h"
#include "worker/trainer/step_meter.h"
#include "worker/trainer/stop_flag.h"
#include "worker/trainer/survey_plan.h"
#include "worker/trainer/train_state.h"

namespace gvsl::trainer {

enum class LoopEnd {
  kFinished,  // the last step is committed, and on disk if this is rank 0
  kStopped,   // all ranks left after the same step
};

// One rank's steps of one generation. Everything is borrowed. Not thread-safe.
//
// What a slot adds depends on (job, step, slot) alone: each is computed by itself, in ascending
// order, and the job's reduction adds the gradients.
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
  // rank committed. FAILED_PRECONDITION when a loss is not finite or the
  // features have collapsed, or what is not damaged of the dataset does not suffice; DATA_LOSS for
  // a damaged shard of a downstream task.
  StatusOr<LoopEnd> Run();

 private:
  // A slot's batch, and what the method made of it.
  struct Prepared {
    std::vector<std::int64_t> volumes;
    model::Inputs inputs;
    std::optional<std::uint32_t> damaged_shard;  // kept the slot from its samples: no inputs
  };
  StatusOr<Prepared> Prepare(int slot);
  // Shows the method all volumes of a part, where it wants to see them now. Above kNone: all ranks
  // leave instead, and what was seen is forgotten.
  StatusOr<StopVote> MakeSurveys();
  StatusOr<StopVote> Make(const model::Survey& survey);
  // What the slots make of their volumes, one row each.
  StatusOr<at::Tensor> DescribeAll(const SurveyPlan& plan);
  Status Leave(StopVote vote);
  // Of a downstream task: what the surveys have come to; its checkpoint where it was never better.
  Status TellScores();
  // The votes that travelled with the gradients; nothing where the step begins anew.
  StatusOr<std::optional<StopVote>> TakeStep();
  // Tried again without the shards that turn out to be damaged; nothing where the surveys before it
  // have to be made again, too.
  StatusOr<std::optional<SummedStep>> ComputeStep();
  // Collective. `accused` is what some slots could not be read from: where nobody reads it whole at
  // its source, it is left out from this step on. UNKNOWN: only this worker reads it damaged.
  // DATA_LOSS: it is whole, and still cannot be read. FAILED_PRECONDITION: too little is left.
  Status Judge(const std::vector<std::uint32_t>& accused);
  // 1 for those that this worker reads whole at their source.
  StatusOr<at::Tensor> ReadAtSource(const std::vector<std::uint32_t>& accused);
  // From the step at hand on. FAILED_PRECONDITION: too little would be left.
  Status LeaveOut(const std::vector<std::uint32_t>& damaged);
  // The error of a shard that this worker could not read and somebody could; OK for another try.
  Status OwnFault(std::uint32_t shard, bool found_whole);
  // Whether `error` is of a shard that may be left out; it is then remembered as this worker's.
  bool IsDamage(const Status& error);
  // By rank 0; insistently where that was asked for.
  Status Save(StopVote vote);
  // Where numeric classes mix, what the workers made of the same descriptions may differ.
  Status TakeMethodStateOfRankZero();
  // Before the forward passes: lets the slots tell each other what the method needs, if anything.
  // The shards that kept slots from it.
  StatusOr<std::vector<std::uint32_t>> ShareAmongSlots();
  StatusOr<at::Tensor> Gather(SlotExchange& exchange, Phase phase = Phase::kReduce);
  // Computes one slot and leaves its gradient and report with the reduction.
  Status ComputeSlot(int slot, StopVote vote);
  // What Prepare made of the slot, now or for ShareAmongSlots.
  StatusOr<Prepared> Take(int slot);
  SlotReport EmptyReport(StopVote vote) const;
  // RESOURCE_EXHAUSTED when an operator of a strict job may have gone another way for want of
  // memory.
  Status CheckMemory() const;
  StatusOr<SummedStep> Reduce();
  // From here on the time belongs to `phase`, and that of the work queued before it does not.
  void Enter(Phase phase);
  Status CheckFinite(const SummedStep& sum) const;
  void Commit(const std::vector<SlotReport>& reports);
  // What the slots found, by name, and the gradient's norm.
  std::map<std::string, double> IndicatorsOf(const std::vector<SlotReport>& reports) const;
  void Announce(const std::vector<SlotReport>& reports);
  Status MaybeCheckpoint(StopVote vote);
  Status FinalCheckpoint();

  Parts p_;
  std::vector<std::string> loss_names_;
  std::vector<std::string> indicator_names_;
  double gradient_norm_ = 0;  // of the last committed step, before clipping
  CollapseWatch collapse_;
  std::vector<int> own_slots_;
  std::map<int, Prepared> prepared_;            // of the slots that have shared already
  std::map<std::uint32_t, Status> own_damage_;  // what this worker could not read, of this try
  std::set<std::uint32_t> read_again_;          // accused by this worker, and found whole by it
  std::unique_ptr<Reduction> reduction_;
  GradientBuffer gradients_;
  const std::int64_t memory_refusals_;  // before the first step
  StepMeter meter_;
};

}  // namespace gvsl::trainer
