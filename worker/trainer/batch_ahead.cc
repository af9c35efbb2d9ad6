#include "worker/trainer/batch_ahead.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "worker/trainer/failure.h"

namespace gvsl::trainer {
namespace {

constexpr std::size_t kBatchesAhead = 2;
constexpr auto kAskWhetherToGoOn = std::chrono::milliseconds(50);

}  // namespace

BatchAhead::BatchAhead(std::vector<int> slots, std::uint64_t steps, Read read)
    : slots_(std::move(slots)),
      steps_(steps),
      read_(std::move(read)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

BatchAhead::~BatchAhead() = default;  // stops the thread and waits for it

StatusOr<SlotBatch> BatchAhead::Take(std::uint64_t step, int slot,
                                     const std::function<bool()>& goes_on) {
  const Key wanted = {step, slot};
  std::unique_lock lock(mutex_);
  const Key coming = ready_.empty() ? next_ : ready_.front().key;
  if (!begun_ || coming != wanted) {
    begun_ = true;
    ready_.clear();
    next_ = wanted;
    ++turns_;
  }
  if (ready_.empty()) rests_ = false;
  changed_.notify_all();
  while (ready_.empty()) {
    if (!goes_on()) return AbortedError("told to stop at once");
    changed_.wait_for(lock, kAskWhetherToGoOn, [this] { return !ready_.empty(); });
  }
  StatusOr<SlotBatch> batch = std::move(ready_.front().batch);
  ready_.pop_front();
  changed_.notify_all();
  return batch;
}

void BatchAhead::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto may_read = [this] {
    return begun_ && !rests_ && ready_.size() < kBatchesAhead && next_.step < steps_;
  };
  while (changed_.wait(lock, stop, may_read) && !stop.stop_requested()) {
    const Key key = next_;
    const std::uint64_t turn = turns_;
    lock.unlock();
    StatusOr<SlotBatch> batch = ReadOne(key, stop);
    lock.lock();
    if (turn != turns_) continue;
    rests_ = !batch.ok();
    if (batch.ok()) next_ = Following(key);
    ready_.push_back({key, std::move(batch)});
    changed_.notify_all();
  }
}

StatusOr<SlotBatch> BatchAhead::ReadOne(const Key& key, const std::stop_token& stop) const {
  try {
    return read_(key.step, key.slot, stop);
  } catch (const std::exception& error) {
    return FromException(error);
  }
}

BatchAhead::Key BatchAhead::Following(const Key& key) const {
  const auto next = std::ranges::upper_bound(slots_, key.slot);
  return next == slots_.end() ? Key{key.step + 1, slots_.front()} : Key{key.step, *next};
}

}  // namespace gvsl::trainer
