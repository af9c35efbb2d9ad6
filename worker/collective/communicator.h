// What the trainers of a gang say to each other: six verbs. One implementation a transport; one
// conformance suite runs on all of them (tests/collective).
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "common/status.h"
#include "worker/collective/float_memory.h"
#include "worker/collective/slot_tree.h"

namespace gvsl::collective {

// One rank's end of a communicator of one generation. Collective: every rank calls the same verbs
// in the same order with the same sizes. After any error the communicator is aborted for good; a
// new generation makes a new one. One thread calls the verbs; Abort may come from any thread.
//
// A lost peer is UNAVAILABLE and LostRanks() names it; Abort makes every verb in progress, here and
// on every peer, return ABORTED.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Where the floats of TreeSum and StartAllReduce lie.
  virtual FloatMemory& memory() { return HostMemory(); }

  // The sum over all slots in the fixed shape of SlotTree, whoever holds them: the same bits for
  // any number of ranks. `parts` holds this rank's maximal subtree sums (SubtreeSums::Take), each
  // of total.size() floats; `owners[slot]` is the rank that computed the slot. Every rank receives
  // `total`. `parts` may be overwritten.
  virtual Status TreeSum(const SlotTree& tree, std::span<const int> owners,
                         std::map<SlotNode, std::span<float>>& parts, std::span<float> total) = 0;
  // Begins to add `values` over all ranks in any order, in place; they are the communicator's until
  // FinishAllReduces, after which every rank holds the same sums. Several may be under way.
  virtual Status StartAllReduce(std::span<float> values) = 0;
  virtual Status FinishAllReduces() = 0;
  // `bytes` of `root`, in the host's memory, to everybody.
  virtual Status Broadcast(int root, std::span<std::byte> bytes) = 0;
  virtual Status Barrier() = 0;
  virtual void Abort(const Status& why) = 0;
  // Ranks that this rank found dead; empty unless a verb failed for that reason.
  virtual std::vector<int> LostRanks() const = 0;
  // What has ended the communicator, as far as this rank knows without a verb; OK while nothing.
  // From any thread.
  virtual Status failure() const = 0;
};

}  // namespace gvsl::collective
