// The wish to leave the generation at a step boundary. It travels with the gradients, so that all
// ranks leave after the same step (docs/adr/2026-11-23-votes-travel-with-the-gradients.md). Leaving
// at once does not travel: whoever raises kNow also calls Communicator::Abort.
#pragma once

#include <atomic>

namespace gvsl::trainer {

// The highest vote of any rank is the gang's.
enum class StopVote : int {
  kNone = 0,
  kBoundary = 1,    // stop after this step
  kCheckpoint = 2,  // the same, and rank 0 writes a checkpoint there
  kNow = 3,         // before the next slot
};

// Thread-safe.
class StopFlag {
 public:
  // Never lowers what was asked for.
  void Raise(StopVote vote) {
    int seen = vote_.load();
    while (seen < static_cast<int>(vote) &&
           !vote_.compare_exchange_weak(seen, static_cast<int>(vote))) {
    }
  }
  StopVote vote() const { return static_cast<StopVote>(vote_.load()); }

 private:
  std::atomic<int> vote_{0};
};

}  // namespace gvsl::trainer
