// Time as an argument: whatever waits or measures takes a Clock, so that tests move it by hand.
#pragma once

#include <chrono>
#include <mutex>

namespace gvsl {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// A double number of seconds, as metrics and options write durations.
double ToSeconds(Duration duration);
Duration FromSeconds(double seconds);

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic; for leases, intervals and measurements.
  virtual TimePoint Now() const = 0;
  // Nanoseconds since 1970 UTC; for time stamps that people read.
  virtual std::chrono::system_clock::time_point WallNow() const = 0;
  virtual void SleepFor(Duration duration) = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  TimePoint Now() const override;
  std::chrono::system_clock::time_point WallNow() const override;
  void SleepFor(Duration duration) override;
};

// Stands still until moved; SleepFor moves it.
class FakeClock final : public Clock {
 public:
  TimePoint Now() const override;
  std::chrono::system_clock::time_point WallNow() const override;
  void SleepFor(Duration duration) override { Advance(duration); }
  void Advance(Duration duration);

 private:
  mutable std::mutex mutex_;
  Duration elapsed_ = std::chrono::hours(1);
};

}  // namespace gvsl
