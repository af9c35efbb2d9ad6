// The batches that a rank computes next, read on a thread of its own while it computes, so that
// taking one is a hand-over.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "common/status.h"
#include "worker/trainer/slot_batch.h"

namespace gvsl::trainer {

// One thread takes. The destructor ends the reading, as soon as `read` heeds its token.
class BatchAhead {
 public:
  // Called from the thread of this object.
  using Read =
      std::function<StatusOr<SlotBatch>(std::uint64_t step, int slot, const std::stop_token& stop)>;

  // `slots`: the rank's, ascending, at least one. Nothing is read of step `steps` and after it.
  BatchAhead(std::vector<int> slots, std::uint64_t steps, Read read);
  ~BatchAhead();

  // The batch and its error are those of `read`, whenever that was called; after an error, the same
  // batch is read again when it is asked for again. ABORTED: `goes_on`, which is asked while it
  // waits, says no. Batches are cheap in the order of computing; any order gives the same.
  StatusOr<SlotBatch> Take(std::uint64_t step, int slot, const std::function<bool()>& goes_on);

 private:
  struct Key {
    std::uint64_t step = 0;
    int slot = 0;
    bool operator==(const Key&) const = default;
  };
  struct Ready {
    Key key;
    StatusOr<SlotBatch> batch;
  };
  void Run(const std::stop_token& stop);
  StatusOr<SlotBatch> ReadOne(const Key& key, const std::stop_token& stop) const;
  Key Following(const Key& key) const;

  const std::vector<int> slots_;
  const std::uint64_t steps_;
  const Read read_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable_any changed_;
  bool begun_ = false;
  bool rests_ = false;       // after an error
  Key next_;                 // to read, or being read
  std::uint64_t turns_ = 0;  // counts batches asked for out of order
  std::deque<Ready> ready_;
  std::jthread thread_;
};

}  // namespace gvsl::trainer
