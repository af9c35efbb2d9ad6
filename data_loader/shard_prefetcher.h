// Obtains shards ahead of need, on a thread of its own: copies them into the cache, verifies and
// maps them; and holds those that are still needed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "data_loader/shard_store.h"

namespace gvsl::data_loader {

// Thread-safe. The destructor ends what the thread is at, within a piece of a file.
class ShardPrefetcher {
 public:
  // `store` is borrowed. Beside what is needed now, shards are held while all together have no more
  // than `ahead_bytes`.
  ShardPrefetcher(ShardStore& store, std::uint64_t ahead_bytes);
  ~ShardPrefetcher();

  // The shards from now on, each once, in the order of need; the first `now` of them are in use.
  // Others are let go. An error is for whoever asks the store: the thread rests until the next
  // Want.
  void Want(std::vector<std::uint32_t> shards, std::size_t now);
  // What was damaged is tried again.
  void Forgive();
  // Those that are held, ascending.
  std::vector<std::uint32_t> Held() const;
  // Blocks until the thread has nothing to do.
  void Settle();

 private:
  void Run(const std::stop_token& stop);
  // The next one to obtain; the end of `wanted_` where there is none.
  std::vector<std::uint32_t>::const_iterator Next() const;

  ShardStore& store_;
  const std::uint64_t ahead_bytes_;
  mutable std::mutex mutex_;  // guards everything below
  std::condition_variable_any changed_;
  std::vector<std::uint32_t> wanted_;
  std::size_t now_ = 0;
  std::map<std::uint32_t, SharedShard> held_;
  std::set<std::uint32_t> damaged_;  // of those wanted
  bool rests_ = false;               // after an error
  bool idle_ = true;
  std::jthread thread_;
};

}  // namespace gvsl::data_loader
