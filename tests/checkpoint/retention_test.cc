#include "worker/checkpoint/retention.h"

#include <gtest/gtest.h>

namespace gvsl::checkpoint {
namespace {

using Steps = std::vector<std::uint64_t>;

TEST(Retention, KeepsTheLastFew) {
  EXPECT_EQ(StepsToRemove(Steps{10, 20, 30, 40, 50}, 50, {.keep_last = 2, .keep_every = 0}),
            (Steps{10, 20, 30}));
}

TEST(Retention, KeepsMultiplesForGood) {
  EXPECT_EQ(StepsToRemove(Steps{10, 20, 30, 40, 50}, 50, {.keep_last = 1, .keep_every = 20}),
            (Steps{10, 30}));
}

TEST(Retention, NeverRemovesTheOneJustWritten) {
  EXPECT_TRUE(StepsToRemove(Steps{50}, 50, {.keep_last = 0, .keep_every = 0}).empty());
  EXPECT_EQ(StepsToRemove(Steps{40, 50}, 50, {.keep_last = 0, .keep_every = 0}), Steps{40});
}

TEST(Retention, NewerCheckpointsOfUnknownHealthNeitherCountNorGo) {
  EXPECT_EQ(StepsToRemove(Steps{10, 20, 30, 40}, 20, {.keep_last = 1, .keep_every = 0}), Steps{10});
}

TEST(Retention, FewerThanAllowedAreAllKept) {
  EXPECT_TRUE(StepsToRemove(Steps{10, 20}, 20, {.keep_last = 3, .keep_every = 0}).empty());
  EXPECT_TRUE(StepsToRemove(Steps{}, 20, {.keep_last = 3, .keep_every = 0}).empty());
}

}  // namespace
}  // namespace gvsl::checkpoint
