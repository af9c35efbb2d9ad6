#include "data_loader/shard_prefetcher.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "common/log.h"

namespace gvsl::data_loader {

ShardPrefetcher::ShardPrefetcher(ShardStore& store, std::uint64_t ahead_bytes)
    : store_(store),
      ahead_bytes_(ahead_bytes),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

ShardPrefetcher::~ShardPrefetcher() = default;  // stops the thread and waits for it

void ShardPrefetcher::Want(std::vector<std::uint32_t> shards, std::size_t now) {
  std::map<std::uint32_t, SharedShard> let_go;  // unmapped without the lock
  const std::lock_guard lock(mutex_);
  wanted_ = std::move(shards);
  now_ = now;
  for (auto held = held_.begin(); held != held_.end();) {
    const auto next = std::next(held);
    const bool wanted = std::ranges::find(wanted_, held->first) != wanted_.end();
    if (!wanted || !held->second->intact()) {
      let_go.insert(held_.extract(held));
    }
    held = next;
  }
  std::erase_if(damaged_, [this](std::uint32_t shard) {
    return std::ranges::find(wanted_, shard) == wanted_.end();
  });
  rests_ = false;
  idle_ = false;
  changed_.notify_all();
}

void ShardPrefetcher::Forgive() {
  const std::lock_guard lock(mutex_);
  damaged_.clear();
}

std::vector<std::uint32_t> ShardPrefetcher::Held() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint32_t> indices;
  for (const auto& [index, shard] : held_) indices.push_back(index);
  return indices;
}

void ShardPrefetcher::Settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return idle_; });
}

std::vector<std::uint32_t>::const_iterator ShardPrefetcher::Next() const {
  std::uint64_t bytes = 0;
  for (auto shard = wanted_.begin(); shard != wanted_.end(); ++shard) {
    bytes += store_.BytesOf(*shard);
    const bool in_use = shard - wanted_.begin() < static_cast<std::ptrdiff_t>(now_);
    if (!in_use && bytes > ahead_bytes_) break;
    if (!held_.contains(*shard) && !damaged_.contains(*shard)) return shard;
  }
  return wanted_.end();
}

void ShardPrefetcher::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto next = Next();
    if (rests_ || next == wanted_.end()) {
      idle_ = true;
      changed_.notify_all();
      changed_.wait(lock, stop, [this] { return !idle_; });
      continue;
    }
    const std::uint32_t index = *next;
    lock.unlock();
    StatusOr<SharedShard> shard = InternalError("");
    try {
      shard = store_.Get(index, stop);
    } catch (const std::exception& error) {
      LogWarning("shard_not_prefetched",
                 {{"shard", store_.PathOf(index)}, {"reason", error.what()}});
    }
    lock.lock();
    if (shard.status().code() == StatusCode::kDataLoss) {
      damaged_.insert(index);
    } else if (!shard.ok()) {
      rests_ = true;
    } else if (std::ranges::find(wanted_, index) != wanted_.end()) {
      held_[index] = *std::move(shard);
    }
  }
}

}  // namespace gvsl::data_loader
