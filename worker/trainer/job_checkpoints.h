// The checkpoints of the job in hand: what a trainer reads and writes of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/status.h"
#include "worker/checkpoint/checkpoint_store.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/sample_source.h"
#include "worker/trainer/stop_flag.h"
#include "worker/trainer/train_state.h"

namespace gvsl::trainer {

// Steps that a source knows of before it reads.
struct KnownSteps {
  std::uint64_t checkpoint = 0;  // the newest that was reported
  std::uint64_t held = 0;        // the highest in the memory of another member
};

// Not thread-safe. Rank 0 writes; the source of a generation reads.
class JobCheckpoints {
 public:
  JobCheckpoints(FileSystem& files, Clock& clock, const JobPlan& job, std::string numeric_class,
                 TrainerObserver& observer);

  // What manifests say of the data that the job sees.
  void Describe(const SeenData& data) { data_ = data; }
  // Rank 0, when a generation begins: makes the directory ready and lets go of lineage that is on
  // disk. FAILED_PRECONDITION: another job's directory.
  Status Prepare(TrainState& state);
  // The newest whole checkpoint into `state`, and tells the observer of all that are there (a
  // coordinator that was away does not know them). Tried again for ten seconds while the disk
  // refuses, or does not show a checkpoint of the step `known.checkpoint` or a later one.
  //
  // NOT_FOUND: there is none, and none was known. FAILED_PRECONDITION: it does not show one that is
  // known, it is another job's, or was computed with other data, threads or numeric class.
  // DATA_LOSS: all are damaged. DEADLINE_EXCEEDED: the disk cannot be read now. ABORTED: stopped at
  // once, or what is whole is behind `known.held`: another has to be the source, and nothing on
  // disk was touched.
  Status Load(TrainState& state, const KnownSteps& known, const StopFlag& stop);
  // Writes the state of this step and applies the rule of what is kept. Tells the observer, also of
  // failure.
  Status Write(TrainState& state);
  // The same, tried again for ten seconds while the disk refuses. ABORTED: stopped at once.
  Status WriteInsistently(TrainState& state, const StopFlag& stop);

 private:
  std::string TaskName() const;
  CheckpointManifest Manifest(TrainState& state) const;
  using Damaged = std::vector<checkpoint::DamagedCheckpoint>;
  // Tells the observer of all that are on disk, without those of no use.
  Status AnnounceAll(const Damaged& damaged) const;
  Status CheckNobodyGoesBack(std::uint64_t step, const KnownSteps& known) const;
  Status CheckFits(const CheckpointManifest& manifest) const;
  using Loaded = StatusOr<std::optional<checkpoint::LoadedCheckpoint>>;
  Loaded LoadInsistently(std::uint64_t known, const StopFlag& stop, Damaged& damaged);
  Loaded TryLoad(std::uint64_t known, Damaged& damaged);
  CheckpointOutcome TryWrite(TrainState& state);

  FileSystem& files_;
  Clock& clock_;
  const JobPlan& job_;
  std::string numeric_class_;
  SeenData data_;
  TrainerObserver& observer_;
  checkpoint::CheckpointStore store_;
};

}  // namespace gvsl::trainer
