// Folders of images in, a dataset out. Never stops at a bad file, and goes on where it was ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/bounded_workers.h"
#include "data_loader/prepare_volume.h"
#include "data_loader/report.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// Before files are looked through and after each; likewise of inputs and of shards.
struct IngestProgress {
  enum class Stage { kFiles, kInputs, kShards };
  Stage stage = Stage::kInputs;  // what is counted
  std::size_t done = 0;
  std::size_t total = 0;
  std::uint64_t done_bytes = 0;  // of the inputs' files, or of the shards
  std::uint64_t total_bytes = 0;
  std::uint64_t earlier_bytes = 0;  // of done_bytes: an earlier run's
};

struct IngestOptions {
  std::vector<std::string> inputs;
  std::string output;
  std::string add;      // a dataset whose volumes are to be in the new one too; empty: none
  std::string labels;   // folder of label maps; empty: none
  std::string classes;  // file of "stem,class"; empty: none
  PrepareOptions prepare;
  // Shards are what workers are dealt: fewer volumes a shard spread better, more read faster.
  std::uint32_t volumes_per_shard = 8;
  // Names the sources of an ingestion that begins anew; shows in no hash of the dataset.
  std::string key = RandomKey();
  WorkBounds bounds;           // volumes at once
  bool ignore_space = false;   // begin although the disk seems too small
  std::function<bool()> stop;  // asked before each file; true ends the ingestion. May be empty
  std::function<void(const IngestProgress&)>
      progress;  // by any thread, one at a time. May be empty
};

// One thing that happened to one input, for the terminal of the person who ingests: the only place
// where paths are named.
struct IngestEvent {
  enum class Kind { kAccepted, kRejected, kWarning };
  Kind kind = Kind::kAccepted;
  std::string path;
  Rejection what;      // of an accepted volume only `reason`, a description
  std::string source;  // the path's keyed hash, as in the report; empty where it is no input
};
// Called by any thread, one at a time, by path in order.
using IngestObserver = std::function<void(const IngestEvent&)>;

// The readers of this program, in the order in which they are asked; they search with `threads`,
// under `watch`.
std::vector<std::unique_ptr<VolumeReader>> AllReaders(unsigned threads = 1, ScanWatch watch = {});

// Works in OUTPUT.ingest, which is gone when a report is returned. What ends it otherwise leaves
// that folder, if anything had been done: called again with the same output and options it goes on
// there, with the same dataset and report as if it had never ended. Inputs whose files changed
// meanwhile are read again; with other options it begins anew.
//
// With `add` the volumes of that dataset come first, as they are, in its own shards (linked where
// the file system can), then the new ones; what it has already is left out.
//
// OK also when nothing was accepted: then `output` holds the report and no dataset. ALREADY_EXISTS,
// NOT_FOUND (an input), INVALID_ARGUMENT (the classes), CANCELLED (stopped), FAILED_PRECONDITION
// (`add` has another spacing or window), UNAVAILABLE (another ingestion into `output` runs),
// RESOURCE_EXHAUSTED (the disk is full, or surely would be), and what else the disk says.
StatusOr<IngestReport> Ingest(FileSystem& files, const IngestOptions& options,
                              const IngestObserver& observer);

}  // namespace gvsl::data_loader
