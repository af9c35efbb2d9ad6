// Which volumes slot k sees at step t: a pure function of (job seed, dataset, t, k).
//
// A round deals the shards in seeded order to the slots; the slot that runs out first (ties: the
// lowest) takes the next shard; rounds run on without remainder. Each volume is A once a round. B
// is drawn from the volumes that the slot holds (the shard being consumed and the one before it),
// never the same volume or subject; where those hold none, from the next shards dealt to the slot.
// Volumes that are left out from a step on are replaced: in the place of A stands one of those that
// the slot holds, drawn for this sample; B is drawn from the others.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/status.h"

namespace gvsl::data_loader {

struct SamplePlanInput {
  std::uint64_t seed = 1;
  std::uint32_t slots = 1;
  std::uint32_t batch_per_slot = 1;
  std::vector<std::vector<std::uint32_t>> shards;  // volume indices of each shard, those to see
  std::vector<std::uint32_t> subjects;             // by volume index
  bool pairs = true;                               // false: single volumes, of which B is A again
};

// A is fixed, B is moving; indices into the manifest's volumes.
struct VolumePair {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  bool operator==(const VolumePair&) const = default;
};

// A shard, by its place in SamplePlanInput::shards, and the first step at which a slot needs it.
struct ShardNeed {
  std::uint64_t step = 0;
  std::uint32_t shard = 0;
  bool operator==(const ShardNeed&) const = default;
};

// Deals lazily and remembers, so that steps in ascending order are cheap; any order gives the same
// answers. Not thread-safe.
class SamplePlan {
 public:
  // INVALID_ARGUMENT: no volume, or for pairs fewer than two subjects.
  static StatusOr<SamplePlan> Create(SamplePlanInput input);
  SamplePlan(SamplePlan&&) noexcept;
  SamplePlan& operator=(SamplePlan&&) noexcept;
  ~SamplePlan();

  // From step `since` of each volume on (by its index; kNever), it is neither A nor B. Instead of
  // what was left out before. FAILED_PRECONDITION, and nothing changes: in the end no volume is
  // left, or for pairs fewer than two subjects.
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  Status LeaveOut(std::vector<std::uint64_t> since);

  VolumePair At(std::uint64_t step, std::uint32_t slot, std::uint32_t item);
  // The round of the shard that the slot is consuming at the step, from 0.
  std::uint64_t RoundAt(std::uint64_t step, std::uint32_t slot);
  // Shards that the slot holds at the step, the one being consumed last, without those left out;
  // for locality and prefetch.
  std::vector<std::uint32_t> ShardsAt(std::uint64_t step, std::uint32_t slot);
  // Those, and the next `ahead` ones that are dealt to the slot.
  std::vector<ShardNeed> NeedsFrom(std::uint64_t step, std::uint32_t slot, std::size_t ahead);

 private:
  struct State;
  explicit SamplePlan(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gvsl::data_loader
