// Writes, keeps and loads the checkpoints of one job in its directory
// (common/checkpoint_directory.h says how it is laid out).
//
// Whatever happens to the process or the power, a checkpoint is complete or absent, and the ones
// before it are untouched: each is written aside, every file synced, then the aside's directory,
// then renamed, then the parent synced. Removal goes the same way back: rename aside, then remove.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/checkpoint_directory.h"
#include "common/clock.h"
#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"
#include "worker/checkpoint/lineage.h"
#include "worker/checkpoint/retention.h"

namespace gvsl::checkpoint {

// What is to be written. The views must stay valid during the call.
struct CheckpointContent {
  CheckpointManifest manifest;  // `files` and `time` are filled in by Write
  std::map<std::string, TensorView> model;
  std::map<std::string, TensorView> optimizer;
  const LineageLog* lineage = nullptr;  // its end is manifest.step; published where not empty
};

struct DamagedCheckpoint {
  std::uint64_t step = 0;
  std::string what;  // a sentence
};

// In memory, and verified.
struct LoadedCheckpoint {
  CheckpointManifest manifest;
  SafetensorsFile model;
  SafetensorsFile optimizer;
};

// One writer a directory: rank 0 of the newest generation. Not thread-safe.
class CheckpointStore {
 public:
  CheckpointStore(FileSystem& files, Clock& clock, std::string directory, RetentionRule rule);

  // Makes the directory (durably) and removes what interrupted writes left behind.
  // FAILED_PRECONDITION: it holds another job's checkpoints.
  Status Prepare(const std::string& job_uid);

  // Durable when it returns OK. The lineage segment is published first. A checkpoint of this step
  // that is there already is verified: a whole one stays, and nothing is written (OK with the same
  // weights, INTERNAL with others); a damaged one is replaced; one that cannot be read now is an
  // error. After an error nothing is left behind (as far as the disk allows).
  StatusOr<CheckpointManifest> Write(CheckpointContent content);

  // Applies the rule after `good` was written; gives the removed steps. `best` stays too.
  StatusOr<std::vector<std::uint64_t>> Retain(std::uint64_t good, std::uint64_t best = 0);

  // The newest checkpoint that verifies; `damaged`, if given, becomes the newer ones that were
  // passed over. Empty: there is none. DATA_LOSS: there are some, and all of them are damaged. Any
  // other error: the disk cannot be read now, and nothing is known.
  StatusOr<std::optional<LoadedCheckpoint>> LoadNewest(
      std::vector<DamagedCheckpoint>* damaged = nullptr);

  // Going on from the checkpoint of `step`: removes segments that begin at or reach beyond it.
  Status ForgetLineageBeyond(std::uint64_t step);
  // How far the published lineage reaches without a gap, at most `limit`.
  StatusOr<std::uint64_t> PublishedLineage(std::uint64_t limit);

  const std::string& directory() const { return directory_; }

 private:
  std::string AsidePath(const std::string& name) const;
  Status RemoveAsides();
  StatusOr<CheckpointManifest> WriteAside(const CheckpointContent& content,
                                          const std::string& aside);
  Status PublishLineage(const LineageLog& lineage);
  // The checkpoint of this step, if it is on disk and good.
  StatusOr<std::optional<CheckpointManifest>> FindWhole(const CheckpointContent& content);
  // Gives the aside its name, in the place of a damaged one.
  Status Publish(std::uint64_t step, const std::string& aside);
  StatusOr<LoadedCheckpoint> Load(std::uint64_t step);

  FileSystem& files_;
  Clock& clock_;
  std::string directory_;
  RetentionRule rule_;
};

}  // namespace gvsl::checkpoint
