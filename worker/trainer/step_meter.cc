#include "worker/trainer/step_meter.h"

#include <algorithm>
#include <numeric>

namespace gvsl::trainer {
namespace {

constexpr double kWeight = 0.2;
constexpr std::array<const char*, kPhases> kNames = {"data",   "augment", "forward",    "backward",
                                                     "reduce", "update",  "checkpoint", "survey"};

}  // namespace

void StepMeter::Enter(Phase phase) {
  const TimePoint now = clock_.Now();
  current_[static_cast<std::size_t>(phase_)] += ToSeconds(now - since_);
  since_ = now;
  phase_ = phase;
}

void StepMeter::EndStep(std::size_t slots) {
  Enter(Phase::kData);
  const double weight = first_ ? 1.0 : kWeight;
  first_ = false;
  const auto reduce = static_cast<std::size_t>(Phase::kReduce);
  const double computing = std::accumulate(current_.begin(), current_.begin() + reduce, 0.0);
  const double slot = computing / static_cast<double>(std::max<std::size_t>(slots, 1));
  slot_seconds_ += weight * (slot - slot_seconds_);
  for (std::size_t i = 0; i < kPhases; ++i) {
    smoothed_[i] += weight * (current_[i] - smoothed_[i]);
  }
  current_.fill(0);
}

double StepMeter::step_seconds() const {
  return std::accumulate(smoothed_.begin(), smoothed_.end(), 0.0) -
         smoothed_[static_cast<std::size_t>(Phase::kSurvey)];
}

std::map<std::string, double> StepMeter::phase_seconds() const {
  std::map<std::string, double> result;
  for (std::size_t i = 0; i < kPhases; ++i) result[kNames[i]] = smoothed_[i];
  return result;
}

}  // namespace gvsl::trainer
