// Reading what an ingestion wrote beside its dataset: report.json and sources.json.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/report.h"

namespace gvsl::data_loader {

// Of any JSON object; what has another type than a report's counts as empty, a code as UNKNOWN.
// DATA_LOSS when it is no JSON object.
StatusOr<IngestReport> ParseReport(std::string_view json);
// NOT_FOUND when there is none.
StatusOr<IngestReport> ReadReport(FileSystem& files, const std::string& directory);

// Paths by the keyed hash that names them. Only the owner of sources.json can read it.
StatusOr<std::map<std::string, std::string>> ReadSources(FileSystem& files,
                                                         const std::string& directory);

}  // namespace gvsl::data_loader
