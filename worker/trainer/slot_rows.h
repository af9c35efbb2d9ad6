// The rows that travel behind the gradient: one a slot, zero elsewhere, so that the tree-sum gives
// every rank all of them. Pure.
//
// A row is [losses..., indicators..., volumes a, b by item..., vote, broken gradient (0/1),
// published lineage as two numbers of 20 bits and the rest, damage]: all whole numbers are below
// 2^24 and so exact as floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "worker/trainer/stop_flag.h"

namespace gvsl::trainer {

struct SlotReport {
  std::vector<float> losses;          // in the order of Method::LossNames
  std::vector<float> indicators;      // in the order of Method::IndicatorNames
  std::vector<std::int64_t> volumes;  // a, b by item
  StopVote vote = StopVote::kNone;
  bool broken_gradient = false;         // not finite
  std::uint64_t published_lineage = 0;  // steps that the slot's rank knows to be on disk
  // The shard that kept the slot from its samples; the step is then nobody's.
  std::optional<std::uint32_t> damaged_shard = {};
};

// A damaged shard, or none, as one number of a row.
float DamageCode(std::optional<std::uint32_t> shard);
std::optional<std::uint32_t> DamagedShard(float code);

class SlotRows {
 public:
  SlotRows(std::size_t slots, std::size_t losses, std::size_t indicators, std::size_t batch)
      : slots_(slots), losses_(losses), indicators_(indicators), volumes_(2 * batch) {}

  std::size_t floats() const { return slots_ * row(); }
  // Fills all of `rows`, of floats() elements.
  void Write(int slot, const SlotReport& report, std::span<float> rows) const;
  SlotReport Read(int slot, std::span<const float> rows) const;
  std::vector<SlotReport> ReadAll(std::span<const float> rows) const;

 private:
  std::size_t row() const { return losses_ + indicators_ + volumes_ + 5; }

  std::size_t slots_;
  std::size_t losses_;
  std::size_t indicators_;
  std::size_t volumes_;
};

}  // namespace gvsl::trainer
