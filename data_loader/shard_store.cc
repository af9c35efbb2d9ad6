#include "data_loader/shard_store.h"

#include <utility>

#include "common/text.h"
#include "data_loader/verified_file.h"

namespace gvsl::data_loader {

ShardStore::ShardStore(FileSystem& files, std::string directory, std::vector<ShardEntry> shards,
                       ShardCache* cache)
    : files_(files),
      directory_(std::move(directory)),
      shards_(std::move(shards)),
      cache_(cache),
      places_(shards_.size()) {}

std::string ShardStore::PathOf(std::uint32_t index) const {
  return JoinPath(directory_, shards_[index].file);
}

StatusOr<SharedShard> ShardStore::Get(std::uint32_t index, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  Place& place = places_[index];
  SharedShard shard;
  const auto answered = [&] {
    shard = place.shard.lock();
    if (shard != nullptr && !shard->intact()) shard = nullptr;
    return shard != nullptr || !place.busy;
  };
  if (!changed_.wait(lock, stop, answered)) return CancelledError("told to stop");
  if (shard != nullptr) return shard;

  struct AtIt {  // also when an exception ends it
    ShardStore& store;
    Place& place;
    ~AtIt() {
      const std::lock_guard lock(store.mutex_);
      place.busy = false;
      store.changed_.notify_all();
    }
  };
  place.busy = true;
  lock.unlock();
  const AtIt at_it{*this, place};
  auto loaded = Load(index, stop);
  if (!loaded.ok()) return loaded.status().WithContext(PathOf(index));
  const std::lock_guard again(mutex_);
  place.shard = *loaded;
  return loaded;
}

StatusOr<SharedShard> ShardStore::Load(std::uint32_t index, const std::stop_token& stop) const {
  const ShardEntry& entry = shards_[index];
  const Content content{entry.sha256, entry.bytes};
  auto file = cache_ != nullptr ? cache_->Get(content, PathOf(index), stop)
                                : MapSource(files_, PathOf(index), content, stop);
  if (!file.ok()) return file.status();
  auto shard = SafetensorsFile::Parse(*std::move(file));
  if (shard.ok()) return std::make_shared<const SafetensorsFile>(*std::move(shard));
  // It was verified a moment ago: a disk that failed since gives zeros, which tell nothing.
  if (Verify(files_, PathOf(index), content, stop).ok()) return shard.status();
  return UnavailableError("it cannot be read any more");
}

}  // namespace gvsl::data_loader
