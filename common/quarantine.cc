#include "common/quarantine.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace gvsl {
namespace {

std::pair<std::uint64_t, std::uint32_t> PlaceOf(const QuarantinedShard& one) {
  return {one.step, one.shard};
}

}  // namespace

void AddToQuarantine(std::span<const std::uint32_t> shards, std::uint64_t step,
                     Quarantine& quarantine) {
  for (const std::uint32_t shard : shards) {
    const bool known = std::ranges::any_of(
        quarantine, [shard](const QuarantinedShard& one) { return one.shard == shard; });
    if (!known) quarantine.push_back({shard, step});
  }
  std::ranges::sort(quarantine, {}, PlaceOf);
}

std::vector<std::uint32_t> QuarantinedAt(const Quarantine& quarantine, std::uint64_t step) {
  std::vector<std::uint32_t> shards;
  for (const QuarantinedShard& one : quarantine) {
    if (one.step == step) shards.push_back(one.shard);
  }
  return shards;
}

Quarantine QuarantinedWithin(const Quarantine& quarantine, std::uint64_t begin, std::uint64_t end) {
  Quarantine within;
  std::ranges::copy_if(quarantine, std::back_inserter(within), [=](const QuarantinedShard& one) {
    return begin <= one.step && one.step < end;
  });
  return within;
}

bool IsInOrder(const Quarantine& quarantine) {
  std::set<std::uint32_t> shards;
  for (const QuarantinedShard& one : quarantine) shards.insert(one.shard);
  return shards.size() == quarantine.size() && std::ranges::is_sorted(quarantine, {}, PlaceOf);
}

}  // namespace gvsl
