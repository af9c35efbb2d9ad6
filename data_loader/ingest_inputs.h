// What an ingestion has to do, found out before anything is read in full.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/ingest.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// One volume to be read, and what its name says of it.
struct PlannedVolume {
  VolumeSource source;
  VolumeReader* reader = nullptr;
  std::string subject_key;                        // by name; the header's own goes before it
  int with_its_stem = 1;                          // sources
  OrRejection<std::optional<std::string>> label;  // the map's path, nothing, or a warning
  OrRejection<std::optional<std::int32_t>> class_index;
};

struct IngestInputs {
  std::vector<std::unique_ptr<VolumeReader>> readers;
  std::vector<PlannedVolume> volumes;  // by path, with one of `readers`
  std::vector<RejectedSource> rejected;
  std::uint64_t ignored_files = 0;
  std::vector<std::string> links;         // to folders; not followed
  std::size_t classes_without_image = 0;  // lines of the classes that name no source
};

// Nothing in `work_folder` is an input. NOT_FOUND names an input or the folder of labels;
// INVALID_ARGUMENT a line of the classes. CANCELLED: stopped.
StatusOr<IngestInputs> FindInputs(FileSystem& files, const IngestOptions& options,
                                  const std::string& work_folder);

}  // namespace gvsl::data_loader
