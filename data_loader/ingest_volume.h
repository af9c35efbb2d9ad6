// One input of an ingestion, from its files to a part, or to the reason why not.
#pragma once

#include <string>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/ingest.h"
#include "data_loader/ingest_inputs.h"
#include "data_loader/ingest_journal.h"

namespace gvsl::data_loader {

// Of an accepted one the part lies at `part_path`, durable but for its name. Subjects are named by
// a keyed hash. An error is the disk's. Thread-safe.
StatusOr<IngestOutcome> IngestVolume(FileSystem& files, const IngestOptions& options,
                                     const PlannedVolume& planned, const std::string& source,
                                     const std::string& key, const std::string& part_path);

}  // namespace gvsl::data_loader
