#include "worker/trainer/damage_verdict.h"

#include <set>

namespace gvsl::trainer {

std::vector<std::uint32_t> AccusedIn(const std::vector<SlotReport>& reports) {
  std::set<std::uint32_t> shards;
  for (const SlotReport& report : reports) {
    if (report.damaged_shard) shards.insert(*report.damaged_shard);
  }
  return {shards.begin(), shards.end()};
}

std::vector<std::uint32_t> AccusedIn(const at::Tensor& rows, std::int64_t column) {
  std::set<std::uint32_t> shards;
  for (std::int64_t slot = 0; slot < rows.size(0); ++slot) {
    const auto damaged = DamagedShard(rows[slot][column].item<float>());
    if (damaged) shards.insert(*damaged);
  }
  return {shards.begin(), shards.end()};
}

std::vector<std::uint32_t> FoundWholeByNobody(std::span<const std::uint32_t> accused,
                                              const at::Tensor& found_whole) {
  std::vector<std::uint32_t> damaged;
  for (std::size_t i = 0; i < accused.size(); ++i) {
    const at::Tensor column = found_whole.select(1, static_cast<std::int64_t>(i));
    if (column.max().item<float>() == 0) damaged.push_back(accused[i]);
  }
  return damaged;
}

}  // namespace gvsl::trainer
