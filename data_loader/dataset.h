// A dataset on disk: DIR/manifest.json and shards DIR/shard-00000.safetensors. Immutable once
// published. The manifest names no source and no patient.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"
#include "data_loader/shard_store.h"

namespace gvsl::data_loader {

// Float voxels of one volume, z, y, x; values 0..1 after the window. They live as long as anybody
// holds the shard.
struct VolumeView {
  std::array<std::int64_t, 3> size{};
  std::span<const float> voxels;
  std::optional<std::span<const std::int32_t>> labels;
  SharedShard shard;
};

struct DatasetOptions {
  ShardCache* cache = nullptr;  // borrowed; null: straight from the directory
  // Every shard that was touched stays mapped; otherwise each one as long as a view or somebody
  // else (shard_prefetcher.h) holds it.
  bool keep_shards = true;
};

// Memory-mapped reading. A shard is verified against its hash when it is mapped. Thread-safe.
class Dataset {
 public:
  static StatusOr<std::unique_ptr<Dataset>> Open(FileSystem& files, const std::string& directory,
                                                 const DatasetOptions& options = {});
  const DatasetManifest& manifest() const { return manifest_; }
  ShardStore& shards() { return store_; }
  // Errors as ShardStore::Get has them: each names the shard's file.
  StatusOr<VolumeView> Volume(std::uint32_t index, const std::stop_token& stop = {});

 private:
  Dataset(FileSystem& files, const std::string& directory, DatasetManifest manifest,
          const DatasetOptions& options);

  const DatasetManifest manifest_;
  ShardStore store_;
  const bool keeps_shards_;
  std::mutex mutex_;
  std::vector<SharedShard> kept_;  // by shard; null until touched
};

}  // namespace gvsl::data_loader
