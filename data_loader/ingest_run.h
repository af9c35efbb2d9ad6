// The steps of an ingestion within its work folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/ingest.h"
#include "data_loader/ingest_base.h"
#include "data_loader/ingest_journal.h"
#include "data_loader/ingest_ledger.h"
#include "data_loader/ingest_work_folder.h"

namespace gvsl::data_loader {

// What all steps need.
struct IngestRun {
  FileSystem& files;
  const IngestOptions& options;
  const IngestBase& base;  // empty where nothing is added to
  IngestWorkFolder& folder;
  IngestLedger& ledger;

  // The same volume in the dataset that is added to, or nullptr.
  const VolumeEntry* InBase(const IngestOutcome& outcome) const {
    if (!outcome.part) return nullptr;
    const auto found = base.contents.find(outcome.part->entry.id);
    return found == base.contents.end() ? nullptr : &base.manifest.volumes[found->second];
  }
};

struct IngestedInputs {
  std::vector<IngestOutcome> outcomes;         // in the inputs' order, each one's part by its path
  std::map<std::string, ShardEntry> finished;  // shards of an earlier run, by file name
  std::uint64_t ignored_files = 0;
};

// Finds all inputs and makes parts of them, but for what an earlier run did; tells the ledger.
StatusOr<IngestedInputs> IngestInputsOf(const IngestRun& run);

// Cuts the parts into shards, and gives dataset and report their name.
StatusOr<IngestReport> PublishDataset(const IngestRun& run, const IngestedInputs& inputs);

}  // namespace gvsl::data_loader
