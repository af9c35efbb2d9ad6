// What the gang makes of shards that some of it found damaged. Pure.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "worker/trainer/slot_rows.h"

namespace gvsl::trainer {

// The shards that the slots' rows name, ascending, each once.
std::vector<std::uint32_t> AccusedIn(const std::vector<SlotReport>& reports);
// The same of rows (slots, floats) that hold DamageCode at `column`.
std::vector<std::uint32_t> AccusedIn(const at::Tensor& rows, std::int64_t column);

// `found_whole` is (slots, accused.size()): 1 where the slot's worker has just read the shard
// whole. Those that nobody has.
std::vector<std::uint32_t> FoundWholeByNobody(std::span<const std::uint32_t> accused,
                                              const at::Tensor& found_whole);

}  // namespace gvsl::trainer
