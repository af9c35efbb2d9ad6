// The shards of its dataset that a job leaves out because they are damaged at their source, each
// with the step from which on. It is part of a job's state: the same job with the same list has the
// same weights. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gvsl {

struct QuarantinedShard {
  std::uint32_t shard = 0;  // counts the dataset's shards, from 0
  std::uint64_t step = 0;   // the first that is computed without it
  bool operator==(const QuarantinedShard&) const = default;
};

// Ascends by step, then shard; no shard occurs twice.
using Quarantine = std::vector<QuarantinedShard>;

// With more, the dataset is to be repaired: no job goes on.
inline constexpr std::size_t kMostQuarantined = 1000;

// `step` is not below that of any entry. Shards that the list has already keep their step.
void AddToQuarantine(std::span<const std::uint32_t> shards, std::uint64_t step,
                     Quarantine& quarantine);
// The shards that are left out from exactly this step on.
std::vector<std::uint32_t> QuarantinedAt(const Quarantine& quarantine, std::uint64_t step);
// The entries of the steps [begin, end).
Quarantine QuarantinedWithin(const Quarantine& quarantine, std::uint64_t begin, std::uint64_t end);
// As it has to be (see above).
bool IsInOrder(const Quarantine& quarantine);

}  // namespace gvsl
