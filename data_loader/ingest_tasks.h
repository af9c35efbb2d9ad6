// What is left to do of an ingestion, after what its work folder holds already.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/ingest_base.h"
#include "data_loader/ingest_estimate.h"
#include "data_loader/ingest_inputs.h"
#include "data_loader/ingest_journal.h"
#include "data_loader/ingest_work_folder.h"

namespace gvsl::data_loader {

struct IngestTask {
  const PlannedVolume* planned = nullptr;
  std::string source;                    // keyed hash
  std::string fingerprint;               // as the input is now
  const IngestOutcome* known = nullptr;  // of an earlier run, where it still holds
  bool in_shard = false;                 // its part is not needed any more
  IngestEstimate estimate;
};

struct IngestTasks {
  std::vector<IngestTask> tasks;               // in the inputs' order
  std::map<std::string, ShardEntry> finished;  // shards by file name
};

// Of the accepted outcomes, in the inputs' order: what the cut into shards follows from.
std::string ArrangementSha256(const std::vector<const IngestOutcome*>& outcomes);

// Shards count as finished only where every input is as it was when they were cut; else they are
// removed from the folder, as is whatever is of no use. `sources` are the volumes' names; of what
// `base` has nothing is in a shard.
StatusOr<IngestTasks> TasksOf(FileSystem& files, const IngestInputs& inputs,
                              const std::vector<std::string>& sources, const IngestBase& base,
                              IngestWorkFolder& folder);

}  // namespace gvsl::data_loader
