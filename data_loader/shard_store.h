// The shards of one dataset, mapped and verified on demand.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/safetensors.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"
#include "data_loader/shard_cache.h"

namespace gvsl::data_loader {

// Mapped for as long as anybody holds it.
using SharedShard = std::shared_ptr<const SafetensorsFile>;

// Thread-safe. It keeps no shard itself: whoever wants one to stay holds it.
class ShardStore {
 public:
  // `cache` is borrowed; null: straight from the dataset's directory.
  ShardStore(FileSystem& files, std::string directory, std::vector<ShardEntry> shards,
             ShardCache* cache);

  // Verifies a shard that nobody holds, or that is not intact, without keeping others from other
  // shards; who asks for the same one waits for the first. Every error names the shard's file.
  // UNAVAILABLE: the dataset is away for now; DATA_LOSS: its shard is damaged; CANCELLED: told to
  // stop.
  StatusOr<SharedShard> Get(std::uint32_t index, std::stop_token stop = {});
  std::uint64_t BytesOf(std::uint32_t index) const { return shards_[index].bytes; }
  std::string PathOf(std::uint32_t index) const;

 private:
  struct Place {
    std::weak_ptr<const SafetensorsFile> shard;
    bool busy = false;  // somebody is at it
  };
  StatusOr<SharedShard> Load(std::uint32_t index, const std::stop_token& stop) const;

  FileSystem& files_;
  const std::string directory_;
  const std::vector<ShardEntry> shards_;
  ShardCache* const cache_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Place> places_;  // by shard
};

}  // namespace gvsl::data_loader
