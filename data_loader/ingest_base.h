// The dataset that an ingestion adds to: all of it stays as it is, and is part of the new one.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"
#include "data_loader/prepare_volume.h"

namespace gvsl::data_loader {

struct IngestBase {
  std::string directory;
  DatasetManifest manifest;
  // Of its sources.json; nothing where that cannot be read.
  std::optional<std::string> key;
  std::map<std::string, std::string> sources;   // paths
  std::map<std::string, std::string> subjects;  // keyed hashes, by source
  std::map<std::string, std::size_t> contents;  // volumes by content id

  // By volume; empty where it is not known.
  std::vector<std::string> SubjectKeys() const;
};

// FAILED_PRECONDITION: its volumes have another spacing or window than the options would make.
StatusOr<IngestBase> ReadBase(FileSystem& files, const std::string& directory,
                              const PrepareOptions& options);

// Its shards into `directory`: linked where the file system can, else copied; compared with their
// hashes. DATA_LOSS names one that is damaged; CANCELLED where `stop`, asked before each, says so.
Status ShareShards(FileSystem& files, const IngestBase& base, const std::string& directory,
                   const std::function<bool()>& stop);

}  // namespace gvsl::data_loader
