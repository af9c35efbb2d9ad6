#include "common/clock.h"

#include <gtest/gtest.h>

namespace gvsl {
namespace {

TEST(FakeClock, StandsStillUntilItIsMoved) {
  FakeClock clock;
  const TimePoint start = clock.Now();
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(FromSeconds(1.5));
  EXPECT_DOUBLE_EQ(ToSeconds(clock.Now() - start), 1.5);
}

TEST(FakeClock, MovesBySleeping) {
  FakeClock clock;
  const auto start = clock.WallNow();
  clock.SleepFor(std::chrono::seconds(3));
  EXPECT_EQ(clock.WallNow() - start, std::chrono::seconds(3));
}

}  // namespace
}  // namespace gvsl
