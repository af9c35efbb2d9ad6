// Folders of images in, a dataset out. Never stops at a bad file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/prepare_volume.h"
#include "data_loader/report.h"

namespace gvsl::data_loader {

struct IngestOptions {
  std::vector<std::string> inputs;
  std::string output;
  std::string labels;   // folder of label maps; empty: none
  std::string classes;  // file of "stem,class"; empty: none
  PrepareOptions prepare;
  // Shards are what workers are dealt: fewer volumes a shard spread better, more read faster.
  std::uint32_t volumes_per_shard = 8;
  std::string key = RandomKey();  // names the sources; shows in no hash of the dataset
  std::function<bool()> stop;     // asked before each volume; true ends the ingestion. May be empty
};

// One thing that happened to one input, for the terminal of the person who ingests: the only place
// where paths are named.
struct IngestEvent {
  enum class Kind { kAccepted, kRejected, kWarning };
  Kind kind = Kind::kAccepted;
  std::string path;
  Rejection what;  // of an accepted volume only `reason`, a description
};
using IngestObserver = std::function<void(const IngestEvent&)>;

// The readers of this program, in the order in which they are asked.
std::vector<std::unique_ptr<VolumeReader>> AllReaders();

// OK also when nothing was accepted: then `output` holds the report and no dataset. ALREADY_EXISTS,
// NOT_FOUND (an input), INVALID_ARGUMENT (the classes), CANCELLED (stopped; nothing is left
// behind), and what the disk says.
StatusOr<IngestReport> Ingest(FileSystem& files, const IngestOptions& options,
                              const IngestObserver& observer);

}  // namespace gvsl::data_loader
