// What an ingestion has to do, found out before anything is read in full.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/ingest.h"
#include "data_loader/label_index.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

struct IngestInputs {
  std::vector<std::unique_ptr<VolumeReader>> readers;
  std::vector<std::pair<VolumeSource, VolumeReader*>> sources;  // by path, with one of `readers`
  std::vector<RejectedSource> rejected;
  std::map<std::string, int> stems;  // how many sources have it
  std::uint64_t ignored_files = 0;
  LabelIndex labels{{}};
  std::map<std::string, std::int32_t> classes;  // by stem
};

// NOT_FOUND names an input or the folder of labels; INVALID_ARGUMENT a line of the classes.
StatusOr<IngestInputs> FindInputs(FileSystem& files, const IngestOptions& options);

}  // namespace gvsl::data_loader
