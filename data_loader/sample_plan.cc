#include "data_loader/sample_plan.h"

#include <algorithm>
#include <queue>
#include <set>
#include <utility>

#include "common/philox.h"
#include "common/text.h"

namespace gvsl::data_loader {
namespace {

// One shard in a slot's hands, and the order in which its volumes are A.
struct DealtShard {
  std::uint32_t shard = 0;
  std::uint64_t round = 0;
  std::uint64_t first_sample = 0;  // position among the slot's samples
  std::vector<std::uint32_t> order;
};

Status CheckInput(const SamplePlanInput& input) {
  if (input.slots == 0 || input.batch_per_slot == 0) {
    return InvalidArgumentError("slots and batch_per_slot must be at least 1");
  }
  std::vector<int> seen(input.subjects.size(), 0);
  std::set<std::uint32_t> subjects;
  for (const auto& shard : input.shards) {
    for (std::uint32_t volume : shard) {
      if (volume >= seen.size() || seen[volume]++ > 0) {
        return InvalidArgumentError(Concat("volume ", volume, " is unknown or in two shards"));
      }
      subjects.insert(input.subjects[volume]);
    }
  }
  if (subjects.empty()) return InvalidArgumentError("the dataset has no volume");
  if (input.pairs && subjects.size() < 2) {
    return InvalidArgumentError("pairs need volumes of at least two subjects; there is one");
  }
  return OkStatus();
}

}  // namespace

struct SamplePlan::State {
  SamplePlanInput input;
  std::uint64_t round = 0;
  std::vector<std::uint32_t> shard_order;  // of the round
  std::size_t dealt_in_round = 0;
  std::vector<std::vector<DealtShard>> slots;
  // (samples dealt to the slot, slot): the top runs out first, ties to the lowest slot.
  using Hand = std::pair<std::uint64_t, std::uint32_t>;
  std::priority_queue<Hand, std::vector<Hand>, std::greater<>> hands;
  std::vector<std::uint64_t> left_out_since;  // by volume; empty: none is

  explicit State(SamplePlanInput plan_input) : input(std::move(plan_input)) {
    std::erase_if(input.shards, [](const auto& shard) { return shard.empty(); });
    slots.resize(input.slots);
    for (std::uint32_t slot = 0; slot < input.slots; ++slot) hands.emplace(0, slot);
    ShuffleShards();
  }

  void ShuffleShards() {
    Philox philox(input.seed, DrawPurpose::kShardOrder, round, 0);
    shard_order = RandomPermutation(philox, static_cast<std::uint32_t>(input.shards.size()));
    dealt_in_round = 0;
  }

  void DealOne() {
    if (dealt_in_round == shard_order.size()) {
      ++round;
      ShuffleShards();
    }
    const std::uint32_t shard = shard_order[dealt_in_round++];
    const auto [samples, slot] = hands.top();
    hands.pop();
    Philox philox(input.seed, DrawPurpose::kVolumeOrder, round, shard);
    const auto& volumes = input.shards[shard];
    auto order = RandomPermutation(philox, static_cast<std::uint32_t>(volumes.size()));
    for (std::uint32_t& entry : order) entry = volumes[entry];
    slots[slot].push_back({shard, round, samples, std::move(order)});
    hands.emplace(samples + volumes.size(), slot);
  }

  const DealtShard& Dealt(std::uint32_t slot, std::size_t index) {
    while (slots[slot].size() <= index) DealOne();
    return slots[slot][index];
  }

  // Index of the slot's dealt shard that holds the slot's n-th sample.
  std::size_t Holding(std::uint32_t slot, std::uint64_t sample) {
    auto& dealt = slots[slot];
    while (dealt.empty() || dealt.back().first_sample + dealt.back().order.size() <= sample) {
      DealOne();
    }
    const auto after = std::upper_bound(
        dealt.begin(), dealt.end(), sample,
        [](std::uint64_t value, const DealtShard& entry) { return value < entry.first_sample; });
    return static_cast<std::size_t>(after - dealt.begin()) - 1;
  }

  bool IsLeftOut(std::uint32_t volume, std::uint64_t step) const {
    return !left_out_since.empty() && left_out_since[volume] <= step;
  }

  // Those that the slot holds and `suits` takes; where it holds none, of the next shards dealt to
  // it.
  template <typename Suits>
  std::vector<std::uint32_t> Held(std::uint32_t slot, std::size_t holding, const Suits& suits) {
    std::vector<std::uint32_t> held;
    const auto add = [&](std::uint32_t shard) {
      for (std::uint32_t volume : input.shards[shard]) {
        if (suits(volume)) held.push_back(volume);
      }
    };
    const std::uint32_t shard = Dealt(slot, holding).shard;
    if (holding > 0) {
      const std::uint32_t before = Dealt(slot, holding - 1).shard;
      if (before != shard) add(before);
    }
    add(shard);
    for (std::size_t next = holding + 1; held.empty(); ++next) add(Dealt(slot, next).shard);
    return held;
  }

  // One of those held that suit, drawn for the sample.
  template <typename Suits>
  std::uint32_t Draw(DrawPurpose purpose, std::uint64_t step, std::uint32_t slot,
                     std::uint32_t item, std::size_t holding, const Suits& suits) {
    const auto held = Held(slot, holding, suits);
    Philox philox(input.seed, purpose, step, (std::uint64_t{slot} << 32) | item);
    return held[philox.NextBelow(static_cast<std::uint32_t>(held.size()))];
  }
};

SamplePlan::SamplePlan(std::unique_ptr<State> state) : state_(std::move(state)) {}
SamplePlan::SamplePlan(SamplePlan&&) noexcept = default;
SamplePlan& SamplePlan::operator=(SamplePlan&&) noexcept = default;
SamplePlan::~SamplePlan() = default;

StatusOr<SamplePlan> SamplePlan::Create(SamplePlanInput input) {
  GVSL_RETURN_IF_ERROR(CheckInput(input));
  return SamplePlan(std::make_unique<State>(std::move(input)));
}

VolumePair SamplePlan::At(std::uint64_t step, std::uint32_t slot, std::uint32_t item) {
  const std::uint64_t sample = step * state_->input.batch_per_slot + item;
  const std::size_t holding = state_->Holding(slot, sample);
  const DealtShard& dealt = state_->slots[slot][holding];
  std::uint32_t a = dealt.order[sample - dealt.first_sample];
  if (state_->IsLeftOut(a, step)) {
    a = state_->Draw(DrawPurpose::kStandIn, step, slot, item, holding,
                     [&](std::uint32_t volume) { return !state_->IsLeftOut(volume, step); });
  }
  if (!state_->input.pairs) return {a, a};
  const auto& subjects = state_->input.subjects;
  const std::uint32_t b =
      state_->Draw(DrawPurpose::kPairing, step, slot, item, holding, [&](std::uint32_t volume) {
        return subjects[volume] != subjects[a] && !state_->IsLeftOut(volume, step);
      });
  return {a, b};
}

Status SamplePlan::LeaveOut(std::vector<std::uint64_t> since) {
  const SamplePlanInput& input = state_->input;
  since.resize(input.subjects.size(), kNever);
  std::set<std::uint32_t> subjects;
  for (const auto& shard : input.shards) {
    for (const std::uint32_t volume : shard) {
      if (since[volume] == kNever) subjects.insert(input.subjects[volume]);
    }
  }
  if (subjects.size() < (input.pairs ? 2U : 1U)) {
    return FailedPreconditionError(input.pairs ? "no pair of two subjects is left"
                                               : "no volume is left");
  }
  const bool none = std::ranges::all_of(since, [](std::uint64_t step) { return step == kNever; });
  if (none) since.clear();
  state_->left_out_since = std::move(since);
  return OkStatus();
}

std::uint64_t SamplePlan::RoundAt(std::uint64_t step, std::uint32_t slot) {
  const std::size_t holding = state_->Holding(slot, step * state_->input.batch_per_slot);
  return state_->slots[slot][holding].round;
}

std::vector<std::uint32_t> SamplePlan::ShardsAt(std::uint64_t step, std::uint32_t slot) {
  const std::uint64_t first_sample = step * state_->input.batch_per_slot;
  const std::size_t first = state_->Holding(slot, first_sample);
  const std::size_t last = state_->Holding(slot, first_sample + state_->input.batch_per_slot - 1);
  std::vector<std::uint32_t> shards;
  for (std::size_t index = first == 0 ? 0 : first - 1; index <= last; ++index) {
    const std::uint32_t shard = state_->slots[slot][index].shard;
    std::erase(shards, shard);
    if (state_->IsLeftOut(state_->input.shards[shard].front(), step)) continue;
    shards.push_back(shard);
  }
  return shards;
}

std::vector<ShardNeed> SamplePlan::NeedsFrom(std::uint64_t step, std::uint32_t slot,
                                             std::size_t ahead) {
  std::vector<ShardNeed> needs;
  for (const std::uint32_t shard : ShardsAt(step, slot)) needs.push_back({step, shard});
  const std::uint64_t batch = state_->input.batch_per_slot;
  const std::size_t last = state_->Holding(slot, step * batch + batch - 1);
  for (std::size_t index = last + 1; index <= last + ahead; ++index) {
    const DealtShard& dealt = state_->Dealt(slot, index);
    const std::uint64_t first_step = dealt.first_sample / batch;
    if (state_->IsLeftOut(state_->input.shards[dealt.shard].front(), first_step)) continue;
    needs.push_back({first_step, dealt.shard});
  }
  return needs;
}

}  // namespace gvsl::data_loader
