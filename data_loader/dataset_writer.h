// Making a dataset. Volumes come in any order, one in memory at a time; the order of the dataset
// follows from their content. Everything is written aside and appears at once, durably, under its
// name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
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
  // Volumes with equal keys, or with equal voxels and grid, are of one subject. Never written.
  std::string subject_key;
  std::string source;  // keyed hash
};

// A further file of the dataset's directory, such as the report.
struct ExtraFile {
  std::string content;
  bool owner_only = false;
};

// "0123456789abcdef": the content of one volume by name, from voxels and grid alone.
std::string ContentId(const Grid& grid, const std::string& voxels_sha256);

// Not thread-safe. What was not published is removed by the destructor.
class DatasetWriter {
 public:
  // ALREADY_EXISTS when `directory` is there and not an empty directory.
  static StatusOr<std::unique_ptr<DatasetWriter>> Create(FileSystem& files,
                                                         const std::string& directory);
  ~DatasetWriter();

  // INVALID_ARGUMENT when sizes do not match the grid, or a manifest with it could not be read.
  Status Add(const NewVolume& volume);
  std::size_t volumes() const { return parts_.size(); }

  // Orders, numbers and shards what was added, without publishing; ids are final now. The k-th
  // entry of `order` is the position (by Add) of manifest volume k.
  struct Layout {
    DatasetManifest manifest;
    std::vector<std::size_t> order;
  };
  StatusOr<Layout> Arrange(std::uint32_t volumes_per_shard);
  // Writes manifest and extra files, and renames the directory to its name. Without a manifest the
  // directory is no dataset and holds the extra files alone.
  Status Publish(const std::optional<DatasetManifest>& manifest,
                 const std::map<std::string, ExtraFile>& extra);

 private:
  struct Part {
    VolumeEntry entry;
    std::string subject_key;
    std::string file;
  };
  DatasetWriter(FileSystem& files, std::string directory);
  StatusOr<ShardEntry> WriteShard(const DatasetManifest& manifest,
                                  const std::vector<std::size_t>& order, std::uint32_t shard,
                                  std::uint32_t begin, std::uint32_t end);

  FileSystem& files_;
  std::string directory_;
  std::string aside_;
  std::vector<Part> parts_;
  bool published_ = false;
};

}  // namespace gvsl::data_loader
