// One volume of a dataset that is being made, in a file of its own until shards are cut.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"

namespace gvsl::data_loader {

struct NewVolume {
  Grid grid;
  std::vector<float> voxels;                        // z, y, x; after the window
  std::optional<std::vector<std::int32_t>> labels;  // on the same grid
  std::optional<std::int32_t> class_index;
  std::string modality;
  std::string window;
  std::array<double, 2> window_range{};
  std::optional<VoxelBox> body;  // of these voxels, where one was looked for and found
  std::optional<CutOut> cut;     // where it was cropped
  // Volumes with equal keys, or with equal voxels and grid, are of one subject. Of a dataset
  // never written.
  std::string subject_key;
  std::string source;  // keyed hash
};

// The file holds the tensors "image" and, of a labelled volume, "label".
struct DatasetPart {
  VolumeEntry entry;  // the id is the content's; shard and subject are open
  std::string subject_key;
  std::string file;         // path
  std::uint64_t bytes = 0;  // of the file
  std::string sha256;       // of the file
};

// "0123456789abcdef": the content of one volume by name, from voxels and grid alone.
std::string ContentId(const Grid& grid, const std::string& voxels_sha256);

// Writes the file and syncs it. INVALID_ARGUMENT when sizes do not match the grid, or a manifest
// with the volume could not be read. Thread-safe.
StatusOr<DatasetPart> WritePart(FileSystem& files, const NewVolume& volume,
                                const std::string& file);

}  // namespace gvsl::data_loader
