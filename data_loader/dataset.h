// A dataset on disk: DIR/manifest.json and shards DIR/shard-00000.safetensors. Immutable once
// published. The manifest names no source and no patient.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"

namespace gvsl::data_loader {

// Float voxels of one volume, z, y, x; values 0..1 after the window. Lives as long as the Dataset,
// or until its shard is released.
struct VolumeView {
  std::array<std::int64_t, 3> size{};
  std::span<const float> voxels;
  std::optional<std::span<const std::int32_t>> labels;
};

// Memory-mapped reading. A shard is verified against its hash when it is first touched.
// Thread-safe.
class Dataset {
 public:
  static StatusOr<std::unique_ptr<Dataset>> Open(FileSystem& files, const std::string& directory);
  const DatasetManifest& manifest() const { return manifest_; }
  // DATA_LOSS names the shard's file.
  StatusOr<VolumeView> Volume(std::uint32_t index);
  // Unmaps a shard; the views of its volumes end. The next touch verifies it again.
  void Release(std::uint32_t shard);

 private:
  Dataset(FileSystem& files, std::string directory, DatasetManifest manifest);
  StatusOr<const SafetensorsFile*> Shard(std::uint32_t index);

  FileSystem& files_;
  std::string directory_;
  DatasetManifest manifest_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SafetensorsFile>> shards_;  // by shard; null until touched
};

}  // namespace gvsl::data_loader
