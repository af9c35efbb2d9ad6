#include "coordinator/slot_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gvsl::coordinator {
namespace {

double SlowestMember(const std::vector<std::vector<std::uint32_t>>& plan,
                     const std::vector<double>& seconds) {
  double slowest = 0;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    slowest = std::max(slowest, static_cast<double>(plan[i].size()) * seconds[i]);
  }
  return slowest;
}

// By trying every split.
double BestPossible(std::uint32_t slots, const std::vector<double>& seconds, std::size_t from = 0) {
  if (from + 1 == seconds.size()) return slots * seconds[from];
  double best = 1e300;
  const auto others = static_cast<std::uint32_t>(seconds.size() - from - 1);
  for (std::uint32_t mine = 1; mine + others <= slots; ++mine) {
    best = std::min(best,
                    std::max(mine * seconds[from], BestPossible(slots - mine, seconds, from + 1)));
  }
  return best;
}

TEST(SlotPlanner, EverySlotHasOneMemberAndEveryMemberAContiguousRange) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 500; ++trial) {
    const std::uint32_t slots = 1 + random() % 40;
    std::vector<double> seconds(1 + random() % slots);
    for (double& one : seconds) one = static_cast<double>(random() % 100) / 10;
    const auto plan = PlanSlots(slots, seconds);
    ASSERT_EQ(plan.size(), seconds.size());
    std::uint32_t next = 0;
    for (const auto& range : plan) {
      ASSERT_FALSE(range.empty());
      for (const std::uint32_t slot : range) ASSERT_EQ(slot, next++);
    }
    ASSERT_EQ(next, slots);
    ASSERT_EQ(plan, PlanSlots(slots, seconds));
  }
}

TEST(SlotPlanner, TheSlowestMemberIsAsFastAsAnyPlanAllows) {
  std::mt19937 random(11);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<double> seconds(1 + random() % 4);
    for (double& one : seconds) one = 0.1 + static_cast<double>(random() % 50) / 10;
    const std::uint32_t slots = static_cast<std::uint32_t>(seconds.size()) + random() % 8;
    ASSERT_NEAR(SlowestMember(PlanSlots(slots, seconds), seconds), BestPossible(slots, seconds),
                1e-9);
  }
}

TEST(SlotPlanner, EqualMembersShareEqually) {
  for (const auto& range : PlanSlots(8, {0, 0, 0, 0})) EXPECT_EQ(range.size(), 2u);
}

TEST(SlotPlanner, AMemberOfUnknownSpeedCountsAsTheMedian) {
  const auto plan = PlanSlots(8, {0.1, 0.1, 0});
  EXPECT_GE(plan[2].size(), 2u);
}

}  // namespace
}  // namespace gvsl::coordinator
