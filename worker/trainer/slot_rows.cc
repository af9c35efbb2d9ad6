#include "worker/trainer/slot_rows.h"

#include <algorithm>

namespace gvsl::trainer {
namespace {

constexpr int kLowBits = 20;

}  // namespace

float DamageCode(std::optional<std::uint32_t> shard) {
  return shard ? static_cast<float>(*shard + 1) : 0.0f;
}

std::optional<std::uint32_t> DamagedShard(float code) {
  if (!(code > 0)) return std::nullopt;
  return static_cast<std::uint32_t>(code) - 1;
}

void SlotRows::Write(int slot, const SlotReport& report, std::span<float> rows) const {
  std::fill(rows.begin(), rows.end(), 0.0f);
  auto out = rows.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(slot) * row());
  out = std::copy(report.losses.begin(), report.losses.end(), out);
  out = std::copy(report.indicators.begin(), report.indicators.end(), out);
  for (const std::int64_t volume : report.volumes) *out++ = static_cast<float>(volume);
  *out++ = static_cast<float>(report.vote);
  *out++ = report.broken_gradient ? 1.0f : 0.0f;
  *out++ = static_cast<float>(report.published_lineage >> kLowBits);
  *out++ = static_cast<float>(report.published_lineage & ((1u << kLowBits) - 1));
  *out++ = DamageCode(report.damaged_shard);
}

SlotReport SlotRows::Read(int slot, std::span<const float> rows) const {
  const auto in = rows.subspan(static_cast<std::size_t>(slot) * row(), row());
  SlotReport report;
  const auto losses = in.first(losses_);
  const auto indicators = in.subspan(losses_, indicators_);
  report.losses.assign(losses.begin(), losses.end());
  report.indicators.assign(indicators.begin(), indicators.end());
  for (const float volume : in.subspan(losses_ + indicators_, volumes_)) {
    report.volumes.push_back(static_cast<std::int64_t>(volume));
  }
  const auto rest = in.subspan(losses_ + indicators_ + volumes_);
  report.vote = static_cast<StopVote>(rest[0]);
  report.broken_gradient = rest[1] != 0;
  report.published_lineage =
      (static_cast<std::uint64_t>(rest[2]) << kLowBits) | static_cast<std::uint64_t>(rest[3]);
  report.damaged_shard = DamagedShard(rest[4]);
  return report;
}

std::vector<SlotReport> SlotRows::ReadAll(std::span<const float> rows) const {
  std::vector<SlotReport> reports;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    reports.push_back(Read(static_cast<int>(slot), rows));
  }
  return reports;
}

}  // namespace gvsl::trainer
