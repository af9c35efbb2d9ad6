// What an ingestion has done so far, one JSON line for each thing, so that the next one can go on.
// Pure: text in, text out.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/dataset_part.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// What came of one input.
struct IngestOutcome {
  std::string source;               // keyed hash of its name
  std::string fingerprint;          // of everything that the outcome follows from
  std::optional<DatasetPart> part;  // accepted; the journal keeps no path of it
  Rejection rejection;              // else
  std::vector<Rejection> warnings;  // of an accepted one
  std::optional<Rejection> label_rejection;
};

struct IngestJournal {
  // Of the first line; empty where there is none.
  std::string options;  // SHA-256 of what every outcome depends on
  std::string key;      // by which sources are named

  std::map<std::string, IngestOutcome> outcomes;  // by source; of several lines the last counts
  // The digest of the outcomes that are being cut into shards, and the shards that are durable.
  std::string arranged;
  std::vector<ShardEntry> shards;
  // The SHA-256 of the report with which the dataset got its name, or was about to, and what had
  // been asked for.
  std::string published;
  std::string asked;
  std::size_t whole_bytes = 0;  // up to the end of the last line that makes sense
};

// Never fails: what follows a torn or senseless line is not taken.
IngestJournal ParseJournal(std::string_view text);

// With their line ends.
std::string HeadLine(const std::string& options, const std::string& key);
std::string OutcomeLine(const IngestOutcome& outcome);
std::string ArrangedLine(const std::string& digest);  // shards before it count no more
std::string ShardLine(const ShardEntry& shard);
std::string PublishedLine(const std::string& report_sha256, const std::string& asked);

}  // namespace gvsl::data_loader
