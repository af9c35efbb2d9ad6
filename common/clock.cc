#include "common/clock.h"

#include <thread>

namespace gvsl {

double ToSeconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

TimePoint SystemClock::Now() const { return std::chrono::steady_clock::now(); }
std::chrono::system_clock::time_point SystemClock::WallNow() const {
  return std::chrono::system_clock::now();
}
void SystemClock::SleepFor(Duration duration) { std::this_thread::sleep_for(duration); }

TimePoint FakeClock::Now() const {
  const std::lock_guard lock(mutex_);
  return TimePoint(elapsed_);
}
std::chrono::system_clock::time_point FakeClock::WallNow() const {
  const std::lock_guard lock(mutex_);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed_));
}
void FakeClock::Advance(Duration duration) {
  const std::lock_guard lock(mutex_);
  elapsed_ += duration;
}

}  // namespace gvsl
