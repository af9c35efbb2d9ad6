// Where the time of a step goes.
#pragma once

#include <array>
#include <map>
#include <string>

#include "common/clock.h"

namespace gvsl::trainer {

enum class Phase { kData, kAugment, kForward, kBackward, kReduce, kUpdate, kCheckpoint, kSurvey };
inline constexpr std::size_t kPhases = 8;

// Between Begin and End the clock runs in exactly one phase. Smoothed values are exponential means
// over about ten steps. Not thread-safe.
class StepMeter {
 public:
  explicit StepMeter(Clock& clock) : clock_(clock), since_(clock.Now()) {}

  // The time from now on belongs to `phase`.
  void Enter(Phase phase);
  // A step in which this rank computed `slots` slots is over.
  void EndStep(std::size_t slots);

  // Without surveys, which belong to no step.
  double step_seconds() const;
  double slot_seconds() const { return slot_seconds_; }
  std::map<std::string, double> phase_seconds() const;

 private:
  Clock& clock_;
  TimePoint since_;
  Phase phase_ = Phase::kData;
  std::array<double, kPhases> current_{};
  std::array<double, kPhases> smoothed_{};
  double slot_seconds_ = 0;
  bool first_ = true;
};

}  // namespace gvsl::trainer
