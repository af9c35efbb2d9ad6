#include "worker/trainer/survey_plan.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <utility>

#include "worker/trainer/damage_verdict.h"

namespace gvsl::trainer {
namespace {

// Behind the descriptions: damage and vote.
constexpr int kBehind = 2;

}  // namespace

SurveyPlan::SurveyPlan(const SampleSource& samples, const model::Survey& survey,
                       std::uint32_t slots)
    : survey_(survey), volumes_(slots) {
  const auto shards = samples.ShardsOf(survey.part);
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    auto& own = volumes_[shard % slots];
    own.insert(own.end(), shards[shard].begin(), shards[shard].end());
  }
}

std::size_t SurveyPlan::row_floats() const {
  std::size_t most = 0;
  for (const auto& volumes : volumes_) most = std::max(most, volumes.size());
  return most * static_cast<std::size_t>(survey_.floats) + kBehind;
}

StatusOr<at::Tensor> SurveyPlan::Describe(model::Method& method, SampleSource& samples, int slot,
                                          const StopFlag& stop, TrainerObserver& observer) const {
  const auto goes_on = [&] {
    observer.OnActivity(Activity::kComputing);  // many volumes, or a large one, are no hang
    return stop.vote() == StopVote::kNone;
  };
  at::Tensor row = at::zeros({static_cast<std::int64_t>(row_floats())}, at::kFloat);
  std::int64_t at = 0;
  for (const std::int64_t volume : volumes_[static_cast<std::size_t>(slot)]) {
    if (!goes_on()) break;
    observer.OnActivity(Activity::kReading);
    GVSL_ASSIGN_OR_RETURN(const Sight sight, samples.Look(survey_, volume));
    observer.OnActivity(Activity::kComputing);
    const model::LabelledVolume* partner = sight.partner ? &*sight.partner : nullptr;
    row.narrow(0, at, survey_.floats)
        .copy_(method.Describe(survey_, sight.volume, partner, goes_on));
    at += survey_.floats;
  }
  const StopVote vote = stop.vote();
  if (vote == StopVote::kNow) return AbortedError("told to stop at once");
  row[-1] = static_cast<float>(vote);
  return row;
}

StopVote SurveyPlan::VoteOf(const at::Tensor& rows) {
  return static_cast<StopVote>(static_cast<int>(rows.select(1, -1).max().item<float>()));
}

at::Tensor SurveyPlan::DamageRow(std::uint32_t shard) const {
  at::Tensor row = at::zeros({static_cast<std::int64_t>(row_floats())}, at::kFloat);
  row[-2] = DamageCode(shard);
  return row;
}

std::vector<std::uint32_t> SurveyPlan::AccusedIn(const at::Tensor& rows) {
  return trainer::AccusedIn(rows, rows.size(1) - 2);
}

at::Tensor SurveyPlan::ByVolume(const at::Tensor& rows) const {
  std::map<std::int64_t, at::Tensor> by_volume;
  for (std::size_t slot = 0; slot < volumes_.size(); ++slot) {
    const at::Tensor row = rows[static_cast<std::int64_t>(slot)];
    const at::Tensor own = row.narrow(0, 0, row.numel() - kBehind).view({-1, survey_.floats});
    for (std::size_t row = 0; row < volumes_[slot].size(); ++row) {
      by_volume[volumes_[slot][row]] = own[static_cast<std::int64_t>(row)];
    }
  }
  std::vector<at::Tensor> ordered;
  for (const auto& [volume, row] : by_volume) ordered.push_back(row);
  return ordered.empty() ? at::zeros({0, survey_.floats}) : at::stack(ordered);
}

}  // namespace gvsl::trainer
