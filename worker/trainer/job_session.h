// One job in this process, over all the generations of its gang that this worker is a member of.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/status.h"
#include "worker/collective/communicator.h"
#include "worker/trainer/job_checkpoints.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/sample_source.h"
#include "worker/trainer/stop_flag.h"
#include "worker/trainer/train_state.h"

namespace gvsl::trainer {

// What a session needs from the process it runs in; borrowed.
struct TrainerEnvironment {
  FileSystem& files;
  Clock& clock;
  TrainerObserver& observer;
  std::string numeric_class;
  MethodFactory make_method = model::MakeMethod;
  at::Device device = at::kCPU;
  DataOptions data = {};
};

enum class GenerationEnd {
  kFinished,  // the last step is committed, and on disk if this is rank 0
  kStopped,   // all ranks left after the same step
  kBroken,    // a peer was lost, or somebody aborted: the communicator says who
};

// One thread uses it at a time. No exception comes out of it.
class JobSession {
 public:
  JobSession(const TrainerEnvironment& environment, JobPlan job);

  const JobPlan& job() const { return job_; }
  // Committed steps of the state that is held; empty before the first generation agreed on one.
  std::optional<std::uint64_t> held_step() const;

  // Agrees with the gang on a state and takes steps. DEADLINE_EXCEEDED: the disk cannot be read
  // now; a later generation may try again. Any other error is a reason for the job to fail. The
  // communicator is then aborted. The state is kept whatever happens, unless the error came while
  // it was being changed.
  StatusOr<GenerationEnd> RunGeneration(const GangPlan& gang,
                                        collective::Communicator& communicator,
                                        const StopFlag& stop);

 private:
  StatusOr<GenerationEnd> Run(const GangPlan& gang, collective::Communicator& communicator,
                              const StopFlag& stop);
  Status EnsureParts();
  StatusOr<std::unique_ptr<TrainState>> CreateState() const;
  Status Agree(const GangPlan& gang, collective::Communicator& communicator, const StopFlag& stop);
  // At step 0, by what init says.
  Status Begin();
  Status LoadState(const GangPlan& gang, const StopFlag& stop);
  Status Send(const GangPlan& gang, collective::Communicator& communicator);
  Status Take(const GangPlan& gang, collective::Communicator& communicator);
  // Where all hold a state of the same step: what the source leaves out, it leaves out.
  Status ShareQuarantine(const GangPlan& gang, collective::Communicator& communicator);
  Status PrepareToWrite();
  void ForgetState();
  // After an exception, which may mean that nothing can be copied any more.
  void ForgetUnlessRolledBack();

  TrainerEnvironment environment_;
  JobPlan job_;
  JobCheckpoints checkpoints_;
  std::unique_ptr<SampleSource> samples_;
  std::unique_ptr<TrainState> state_;
  bool holds_state_ = false;
};

}  // namespace gvsl::trainer
