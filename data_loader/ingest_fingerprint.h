// What an outcome follows from, by hash: the same hash means that it need not be found out again.
#pragma once

#include <string>

#include "data_loader/ingest.h"
#include "data_loader/ingest_inputs.h"

namespace gvsl::data_loader {

// Of the input's files and its label map: names, sizes and times of change, nothing read; and of
// what other inputs, labels and classes say of it.
std::string Fingerprint(const PlannedVolume& planned);

// Of this program's version and the options on which the outcome of every input, or the cut into
// shards, depends.
// `base_sha256`: of the dataset that is added to, or empty.
std::string OptionsSha256(const IngestOptions& options, const std::string& base_sha256);

// Of that and of where inputs, labels and classes are.
std::string AskedSha256(const IngestOptions& options, const std::string& base_sha256);

}  // namespace gvsl::data_loader
