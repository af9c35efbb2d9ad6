// Reading what an ingestion wrote beside its dataset: report.json and sources.json.
#pragma once

#include <map>
#include <string>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/report.h"

namespace gvsl::data_loader {

// NOT_FOUND when there is none, DATA_LOSS when it is no report.
StatusOr<IngestReport> ReadReport(FileSystem& files, const std::string& directory);

// What sources.json says, which only its owner can read.
struct KnownSources {
  std::string key;                              // that names them
  std::map<std::string, std::string> paths;     // by name
  std::map<std::string, std::string> subjects;  // keyed hashes, by name
};
// NOT_FOUND, DATA_LOSS, PERMISSION_DENIED.
StatusOr<KnownSources> ReadSources(FileSystem& files, const std::string& directory);

}  // namespace gvsl::data_loader
