#include "data_loader/sample_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace gvsl::data_loader {
namespace {

// `volumes` volumes of as many subjects, cut into shards of `per_shard`.
SamplePlanInput Plan(std::uint32_t volumes, std::uint32_t per_shard, std::uint32_t slots,
                     std::uint32_t batch = 1) {
  SamplePlanInput input;
  input.seed = 7;
  input.slots = slots;
  input.batch_per_slot = batch;
  input.subjects.resize(volumes);
  std::iota(input.subjects.begin(), input.subjects.end(), 0U);
  for (std::uint32_t volume = 0; volume < volumes; ++volume) {
    if (volume % per_shard == 0) input.shards.emplace_back();
    input.shards.back().push_back(volume);
  }
  return input;
}

SamplePlan Make(const SamplePlanInput& input) {
  auto plan = SamplePlan::Create(input);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *std::move(plan);
}

std::uint32_t ShardOf(const SamplePlanInput& input, std::uint32_t volume) {
  for (std::uint32_t shard = 0; shard < input.shards.size(); ++shard) {
    const auto& volumes = input.shards[shard];
    if (std::find(volumes.begin(), volumes.end(), volume) != volumes.end()) return shard;
  }
  return ~0U;
}

// How often each volume is A in each round, over as many steps as rounds need.
std::map<std::uint64_t, std::map<std::uint32_t, int>> CountA(const SamplePlanInput& input,
                                                             std::uint64_t steps) {
  SamplePlan plan = Make(input);
  std::map<std::uint64_t, std::map<std::uint32_t, int>> counts;
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (std::uint32_t slot = 0; slot < input.slots; ++slot) {
      ++counts[plan.RoundAt(step, slot)][plan.At(step, slot, 0).a];
    }
  }
  return counts;
}

TEST(SamplePlan, EveryVolumeIsAExactlyOnceARound) {
  for (std::uint32_t slots : {1U, 2U, 3U, 8U}) {
    for (std::uint32_t per_shard : {1U, 3U, 4U}) {
      const SamplePlanInput input = Plan(22, per_shard, slots);
      const auto counts = CountA(input, 400);
      ASSERT_GE(counts.size(), 8U);
      for (std::uint64_t round = 0; round < 5; ++round) {
        ASSERT_EQ(counts.at(round).size(), 22U) << "round " << round << " slots " << slots;
        for (const auto& [volume, count] : counts.at(round)) EXPECT_EQ(count, 1) << volume;
      }
    }
  }
}

TEST(SamplePlan, RoundsRunOnWithoutRemainder) {
  const SamplePlanInput input = Plan(10, 4, 3);
  SamplePlan plan = Make(input);
  std::map<std::uint32_t, int> counts;
  for (std::uint64_t step = 0; step < 1000; ++step) {
    for (std::uint32_t slot = 0; slot < 3; ++slot) ++counts[plan.At(step, slot, 0).a];
  }
  for (const auto& [volume, count] : counts) EXPECT_NEAR(count, 300, 4) << volume;
}

TEST(SamplePlan, APairNeverHoldsOneVolumeOrOneSubjectTwice) {
  SamplePlanInput input = Plan(24, 3, 4, 2);
  for (std::uint32_t& subject : input.subjects) subject /= 5;
  SamplePlan plan = Make(input);
  for (std::uint64_t step = 0; step < 200; ++step) {
    for (std::uint32_t slot = 0; slot < 4; ++slot) {
      for (std::uint32_t item = 0; item < 2; ++item) {
        const VolumePair pair = plan.At(step, slot, item);
        EXPECT_NE(pair.a, pair.b);
        EXPECT_NE(input.subjects[pair.a], input.subjects[pair.b]);
      }
    }
  }
}

TEST(SamplePlan, TheOrderOfQuestionsDoesNotChangeTheAnswers) {
  const SamplePlanInput input = Plan(13, 2, 3, 2);
  SamplePlan forward = Make(input);
  SamplePlan backward = Make(input);
  std::map<std::tuple<int, int, int>, VolumePair> answers;
  for (int step = 0; step < 60; ++step) {
    for (int slot = 0; slot < 3; ++slot) {
      for (int item = 0; item < 2; ++item) {
        answers[{step, slot, item}] = forward.At(step, slot, item);
      }
    }
  }
  for (auto answer = answers.rbegin(); answer != answers.rend(); ++answer) {
    const auto [step, slot, item] = answer->first;
    EXPECT_EQ(backward.At(step, slot, item), answer->second);
    EXPECT_EQ(forward.At(step, slot, item), answer->second);
  }
}

TEST(SamplePlan, ASlotTouchesOnlyTheShardsThatItHolds) {
  const SamplePlanInput input = Plan(40, 4, 3);
  SamplePlan plan = Make(input);
  for (std::uint64_t step = 0; step < 300; ++step) {
    for (std::uint32_t slot = 0; slot < 3; ++slot) {
      const VolumePair pair = plan.At(step, slot, 0);
      const auto held = plan.ShardsAt(step, slot);
      ASSERT_LE(held.size(), 2U);
      EXPECT_EQ(held.back(), ShardOf(input, pair.a));
      EXPECT_NE(std::find(held.begin(), held.end(), ShardOf(input, pair.b)), held.end());
    }
  }
}

TEST(SamplePlan, WithOneVolumeAShardTheFirstPartnerComesFromTheNextShardDealtToTheSlot) {
  const SamplePlanInput input = Plan(9, 1, 2);
  SamplePlan plan = Make(input);
  for (std::uint32_t slot = 0; slot < 2; ++slot) {
    EXPECT_EQ(plan.At(0, slot, 0).b, plan.At(1, slot, 0).a);
    for (std::uint64_t step = 1; step < 4; ++step) {
      EXPECT_EQ(plan.At(step, slot, 0).b, plan.At(step - 1, slot, 0).a);
    }
  }
}

TEST(SamplePlan, MoreSlotsThanShardsAllHaveWorkAtOnce) {
  const SamplePlanInput input = Plan(6, 2, 8);
  SamplePlan plan = Make(input);
  std::set<std::uint64_t> rounds;
  for (std::uint32_t slot = 0; slot < 8; ++slot) {
    EXPECT_LT(plan.At(0, slot, 0).a, 6U);
    rounds.insert(plan.RoundAt(0, slot));
  }
  EXPECT_EQ(rounds, (std::set<std::uint64_t>{0, 1, 2}));
}

TEST(SamplePlan, TheSlotThatRunsOutFirstTakesTheNextShard) {
  // One shard of nine volumes and nine of one: whoever holds the big one gets no other meanwhile.
  SamplePlanInput input = Plan(18, 1, 2);
  input.shards.resize(9);
  input.shards.push_back({9, 10, 11, 12, 13, 14, 15, 16, 17});
  SamplePlan plan = Make(input);
  std::map<std::uint32_t, std::set<std::uint32_t>> shards_in_round_0;
  for (std::uint64_t step = 0; step < 9; ++step) {
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      if (plan.RoundAt(step, slot) == 0) {
        shards_in_round_0[slot].insert(plan.ShardsAt(step, slot).back());
      }
    }
  }
  std::set<std::uint32_t> all = shards_in_round_0[0];
  all.insert(shards_in_round_0[1].begin(), shards_in_round_0[1].end());
  EXPECT_GE(all.size(), 9U);
  for (const auto& [slot, shards] : shards_in_round_0) {
    if (shards.count(9) == 0) {
      EXPECT_GE(shards.size(), 4U);
    }
  }
}

// Each volume of `shard` from `step` on.
std::vector<std::uint64_t> Since(const SamplePlanInput& input, std::uint32_t shard,
                                 std::uint64_t step) {
  std::vector<std::uint64_t> since(input.subjects.size(), SamplePlan::kNever);
  for (const std::uint32_t volume : input.shards[shard]) since[volume] = step;
  return since;
}

TEST(SamplePlan, WhatIsLeftOutChangesNothingBeforeItsStepNorWhereItIsNotUsed) {
  const SamplePlanInput input = Plan(40, 4, 3, 2);
  SamplePlan whole = Make(input);
  SamplePlan part = Make(input);
  ASSERT_TRUE(part.LeaveOut(Since(input, 5, 50)).ok());
  int changed = 0;
  for (std::uint64_t step = 0; step < 200; ++step) {
    for (std::uint32_t slot = 0; slot < 3; ++slot) {
      const auto held = whole.ShardsAt(step, slot);
      const bool concerned = step >= 50 && std::ranges::count(held, 5U) > 0;
      for (std::uint32_t item = 0; item < 2; ++item) {
        const VolumePair as_planned = whole.At(step, slot, item);
        const VolumePair pair = part.At(step, slot, item);
        EXPECT_TRUE(concerned || pair == as_planned) << step;
        changed += pair == as_planned ? 0 : 1;
        const bool replaced = step >= 50 && ShardOf(input, as_planned.a) == 5;
        EXPECT_EQ(pair.a == as_planned.a, !replaced);
        EXPECT_EQ(part.RoundAt(step, slot), whole.RoundAt(step, slot));
      }
    }
  }
  EXPECT_GT(changed, 20);
}

TEST(SamplePlan, WhatIsLeftOutIsNeitherANorBAndPairsStayPairs) {
  for (const std::uint32_t per_shard : {1U, 3U}) {
    SamplePlanInput input = Plan(12, per_shard, 4, 2);
    for (std::uint32_t& subject : input.subjects) subject /= 2;
    std::vector<std::uint64_t> since(12, 7);
    for (const std::uint32_t volume : {1U, 4U, 9U}) since[volume] = SamplePlan::kNever;
    SamplePlan plan = Make(input);
    SamplePlan again = Make(input);
    ASSERT_TRUE(plan.LeaveOut(since).ok());
    ASSERT_TRUE(again.LeaveOut(since).ok());
    for (std::uint64_t step = 7; step < 120; ++step) {
      for (std::uint32_t slot = 0; slot < 4; ++slot) {
        const VolumePair pair = plan.At(step, slot, 1);
        EXPECT_EQ(since[pair.a], SamplePlan::kNever);
        EXPECT_EQ(since[pair.b], SamplePlan::kNever);
        EXPECT_NE(input.subjects[pair.a], input.subjects[pair.b]);
        EXPECT_EQ(again.At(step, slot, 1), pair) << "asked for the first time at this step";
      }
    }
  }
}

TEST(SamplePlan, AStandInIsOfAShardThatTheSlotHoldsWhereThereIsOne) {
  const SamplePlanInput input = Plan(40, 4, 2);
  SamplePlan plan = Make(input);
  ASSERT_TRUE(plan.LeaveOut(Since(input, 3, 0)).ok());
  for (std::uint64_t step = 4; step < 300; ++step) {  // before it, a slot may hold one shard alone
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      const auto held = plan.ShardsAt(step, slot);
      EXPECT_EQ(std::ranges::count(held, 3U), 0);
      const VolumePair pair = plan.At(step, slot, 0);
      EXPECT_EQ(std::ranges::count(held, ShardOf(input, pair.a)), 1) << step;
    }
  }
}

TEST(SamplePlan, SingleVolumesAreReplacedToo) {
  SamplePlanInput input = Plan(12, 3, 2);
  input.pairs = false;
  SamplePlan plan = Make(input);
  ASSERT_TRUE(plan.LeaveOut(Since(input, 0, 0)).ok());
  for (std::uint64_t step = 0; step < 60; ++step) {
    const VolumePair pair = plan.At(step, 0, 0);
    EXPECT_EQ(pair.a, pair.b);
    EXPECT_NE(ShardOf(input, pair.a), 0U);
  }
}

TEST(SamplePlan, TooLittleIsNotLeftAndNothingIsThenLeftOut) {
  SamplePlanInput input = Plan(6, 2, 2);
  input.subjects = {0, 0, 0, 0, 1, 1};
  SamplePlan plan = Make(input);
  const VolumePair before = plan.At(3, 1, 0);
  EXPECT_EQ(plan.LeaveOut(Since(input, 2, 9)).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(plan.At(3, 1, 0), before);
  EXPECT_TRUE(plan.LeaveOut(Since(input, 0, 0)).ok());
  EXPECT_TRUE(plan.LeaveOut({}).ok());
  EXPECT_EQ(plan.At(3, 1, 0), before);
}

TEST(SamplePlan, AnotherSeedGivesAnotherOrder) {
  SamplePlanInput input = Plan(20, 4, 2);
  SamplePlan one = Make(input);
  input.seed = 8;
  SamplePlan other = Make(input);
  int differences = 0;
  for (std::uint64_t step = 0; step < 20; ++step) {
    differences += one.At(step, 0, 0) == other.At(step, 0, 0) ? 0 : 1;
  }
  EXPECT_GT(differences, 10);
}

TEST(SamplePlan, ImpossibleInputsAreRefused) {
  EXPECT_EQ(SamplePlan::Create({}).status().code(), StatusCode::kInvalidArgument);
  SamplePlanInput one_subject = Plan(4, 2, 1);
  one_subject.subjects.assign(4, 3);
  EXPECT_EQ(SamplePlan::Create(one_subject).status().code(), StatusCode::kInvalidArgument);
  SamplePlanInput twice = Plan(4, 2, 1);
  twice.shards[1] = {2, 2};
  EXPECT_EQ(SamplePlan::Create(twice).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(SamplePlan::Create(Plan(4, 2, 0)).status().code(), StatusCode::kInvalidArgument);
}

// These numbers are part of the format of a job: if this test fails, resumed jobs would go on with
// other samples than they began with.
TEST(SamplePlan, TheSamplesOfSeedSevenNeverChange) {
  SamplePlan plan = Make(Plan(10, 3, 2));
  std::vector<std::uint32_t> seen;
  for (std::uint64_t step = 0; step < 6; ++step) {
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      const VolumePair pair = plan.At(step, slot, 0);
      seen.push_back(pair.a);
      seen.push_back(pair.b);
    }
  }
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{9, 0, 6, 8, 2, 9, 7, 8, 1, 2, 8, 6,  //
                                              0, 2, 4, 5, 1, 2, 3, 8, 2, 0, 5, 4}));
}

}  // namespace
}  // namespace gvsl::data_loader
