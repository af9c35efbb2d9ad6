// What a trainer tells whoever watches it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/checkpoint_directory.h"
#include "common/status.h"
#include "data_loader/shard_cache.h"
#include "model/tasks/curve.h"

namespace gvsl::trainer {

// After a committed step.
struct StepProgress {
  std::uint64_t step = 0;  // committed steps
  std::uint64_t round = 0;
  std::map<std::string, double> losses;  // by name, mean over the slots; "total" is the job's loss
  std::map<std::string, double> indicators;  // by name, mean over the slots, and "gradient_norm"
  double learning_rate = 0;
  double step_seconds = 0;                      // smoothed
  std::map<std::string, double> phase_seconds;  // smoothed: data, augment, forward, ...
  double samples_per_second = 0;                // of the whole gang; a pair is one sample
  double slot_seconds = 0;                      // smoothed: one slot without waiting for others
};

// After an attempt to write a checkpoint, or for one that was found on disk.
struct CheckpointOutcome {
  std::uint64_t step = 0;
  Status status;                             // not OK: could not be written, training goes on
  std::string path;                          // of the checkpoint's directory
  CheckpointManifest manifest;               // where OK
  std::vector<std::uint64_t> removed_steps;  // by the rule of keep_last and keep_every
  double seconds = 0;
  bool found = false;  // was there when the job was taken up again
};

// How this process gets its samples; what is counted only grows.
struct DataUse {
  bool away = false;        // the dataset cannot be read now, and is waited for
  double wait_seconds = 0;  // that the thread that trains waited for samples
  data_loader::CacheCounts cache;
};

// What the thread that trains is at.
enum class Activity { kComputing, kWaiting /* for its peers */, kCheckpointing, kReading };

// A shard that the job leaves out, by its file's name.
struct LeftOutShard {
  std::string file;
  std::uint64_t step = 0;  // the first that is computed without it
  bool operator==(const LeftOutShard&) const = default;
};

// Called from the thread that trains; must not block for long.
class TrainerObserver {
 public:
  virtual ~TrainerObserver() = default;
  // The gang agrees on the state of `step` and begins.
  virtual void OnRunning(std::uint64_t step) = 0;
  virtual void OnStep(const StepProgress& progress) = 0;
  // Whenever it changes, and again with each slot; a generation begins with computing.
  virtual void OnActivity(Activity /*activity*/) {}
  // With each sample, and while the dataset is away.
  virtual void OnData(const DataUse& /*use*/) {}
  virtual void OnCheckpoint(const CheckpointOutcome& outcome) = 0;
  // All that the validation of a downstream task has come to, when it is taken up and each time;
  // and the scores of its result, once there are any.
  virtual void OnEvaluated(const model::Curve& /*curve*/, const model::Scores& /*result*/) {}
  // Checkpoints on disk that are of no use.
  virtual void OnDamage(const std::vector<std::uint64_t>& steps) = 0;
  // All shards that the job leaves out because they are damaged at their source: before each
  // OnRunning, and whenever there are more.
  virtual void OnQuarantine(const std::vector<LeftOutShard>& /*left_out*/) {}
  // A sentence for the log: a damaged checkpoint was passed over, for example.
  virtual void OnNotice(const std::string& sentence) = 0;
};

}  // namespace gvsl::trainer
