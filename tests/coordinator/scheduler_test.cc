#include "coordinator/scheduler.h"

#include <gtest/gtest.h>

namespace gvsl::coordinator {
namespace {

using Kind = Demand::Kind;
using Names = std::vector<std::string>;

Demand Job(const std::string& name, std::size_t min, std::size_t want, Kind kind = Kind::kWaiting,
           std::size_t held = 0) {
  Demand demand;
  demand.uid = demand.name = name;
  demand.min = min;
  demand.want = want;
  demand.kind = kind;
  demand.held = held;
  return demand;
}

Offer Free(const std::string& name, const std::string& numeric_class = "cpu/a") {
  return {.name = name,
          .numeric_class = numeric_class,
          .device = "cpu",
          .threads = 2,
          .job = "",
          .not_now = ""};
}

Offer Busy(const std::string& name, const std::string& job) {
  Offer offer = Free(name);
  offer.job = job;
  return offer;
}

TEST(Scheduler, AGangTakesAsManyWorkersAsItWantsAndNoMore) {
  const auto grants = Schedule({Job("a", 1, 2)}, {Free("w2"), Free("w0"), Free("w1")});
  EXPECT_TRUE(grants.at("a").form);
  EXPECT_EQ(grants.at("a").workers, (Names{"w0", "w1"}));
}

TEST(Scheduler, BelowTheMinimumNothingIsGivenAndTheSentenceCounts) {
  const auto grants = Schedule({Job("a", 3, 4)}, {Free("w0"), Busy("w1", "b")});
  EXPECT_FALSE(grants.at("a").form);
  EXPECT_TRUE(grants.at("a").workers.empty());
  EXPECT_EQ(grants.at("a").sentence,
            "it needs 3 workers; 0 held, 1 free, 2 alive; w1 works for job b");
}

TEST(Scheduler, WithoutAnyWorkerTheSentenceSaysSo) {
  EXPECT_EQ(Schedule({Job("a", 1, 4)}, {}).at("a").sentence,
            "it needs 1 worker; 0 held, 0 free, 0 alive");
}

TEST(Scheduler, TheOlderJobIsServedFirst) {
  const auto grants = Schedule({Job("old", 2, 2), Job("new", 1, 2)}, {Free("w0"), Free("w1")});
  EXPECT_TRUE(grants.at("old").form);
  EXPECT_FALSE(grants.at("new").form);
}

TEST(Scheduler, AnOlderJobThatCouldBeServedLaterKeepsTheFreeWorkers) {
  const auto grants =
      Schedule({Job("old", 2, 2), Job("new", 1, 1)}, {Free("w0"), Busy("w1", "running")});
  EXPECT_FALSE(grants.at("old").form);
  EXPECT_FALSE(grants.at("new").form);
  EXPECT_NE(grants.at("new").sentence.find("w0 is kept for an earlier job"), std::string::npos);
}

TEST(Scheduler, AnOlderJobThatNobodyCouldServeHoldsUpNobody) {
  const auto grants = Schedule({Job("old", 9, 9), Job("new", 1, 1)}, {Free("w0"), Free("w1")});
  EXPECT_FALSE(grants.at("old").form);
  EXPECT_EQ(grants.at("new").workers, Names{"w0"});
}

TEST(Scheduler, AGangIsOfOneNumericClassThatOfMostFreeWorkers) {
  const auto grants =
      Schedule({Job("a", 1, 4)}, {Free("w0", "x"), Free("w1", "y"), Free("w2", "y")});
  EXPECT_EQ(grants.at("a").workers, (Names{"w1", "w2"}));
}

TEST(Scheduler, AJobOfAClassWaitsForWorkersOfThatClassAndSaysSo) {
  Demand job = Job("a", 1, 4);
  job.numeric_class = "x";
  const auto grants = Schedule({job}, {Free("w1", "y")});
  EXPECT_FALSE(grants.at("a").form);
  EXPECT_NE(grants.at("a").sentence.find("w1 is of numeric class y, the job is of x"),
            std::string::npos);
}

TEST(Scheduler, AWorkerWithTooFewThreadsIsNotTaken) {
  Demand job = Job("a", 1, 4);
  job.threads = 4;
  EXPECT_FALSE(Schedule({job}, {Free("w0")}).at("a").form);
}

TEST(Scheduler, AKindOfDeviceIsEveryDeviceOfThatKind) {
  Demand job = Job("a", 2, 2);
  job.device = "cuda";
  Offer first = Free("w1", "cuda/h100");
  Offer second = Free("w2", "cuda/h100");
  first.device = "cuda:0";
  second.device = "cuda:7";
  EXPECT_EQ(Schedule({job}, {Free("w0"), first, second}).at("a").workers, (Names{"w1", "w2"}));
  const auto waits = Schedule({job}, {Free("w0"), first});
  EXPECT_FALSE(waits.at("a").form);
  EXPECT_NE(waits.at("a").sentence.find("w0 is of numeric class"), std::string::npos);
}

TEST(Scheduler, AFastJobMixesNumericClassesAndAStrictOneDoesNot) {
  Demand job = Job("a", 2, 2);
  const std::vector<Offer> offers = {Free("w0", "cpu/a"), Free("w1", "cpu/b")};
  EXPECT_FALSE(Schedule({job}, offers).at("a").form);
  job.mixes_classes = true;
  EXPECT_EQ(Schedule({job}, offers).at("a").workers, (Names{"w0", "w1"}));
  job.numeric_class = "cpu/a";  // of its first gang
  EXPECT_TRUE(Schedule({job}, offers).at("a").form);
}

TEST(Scheduler, SurvivorsCountTowardsTheMinimum) {
  const auto grants =
      Schedule({Job("a", 3, 4, Kind::kWaiting, 2)}, {Busy("s0", "a"), Busy("s1", "a"), Free("w0")});
  EXPECT_TRUE(grants.at("a").form);
  EXPECT_EQ(grants.at("a").workers, Names{"w0"});
}

TEST(Scheduler, AGangWithEnoughSurvivorsIsFormedAtOnceAndFilledUpWithWhatNobodyWaitsFor) {
  const auto filled = Schedule({Job("a", 1, 3, Kind::kReforming, 1)}, {Free("w0"), Free("w1")});
  EXPECT_TRUE(filled.at("a").form);
  EXPECT_EQ(filled.at("a").workers, (Names{"w0", "w1"}));
  const auto bare =
      Schedule({Job("a", 1, 3, Kind::kReforming, 1), Job("b", 2, 2)}, {Free("w0"), Free("w1")});
  EXPECT_TRUE(bare.at("a").form);
  EXPECT_TRUE(bare.at("a").workers.empty());
  EXPECT_TRUE(bare.at("b").form);
}

TEST(Scheduler, ARunningGangGrowsOnlyWhereItCan) {
  EXPECT_EQ(Schedule({Job("a", 1, 3, Kind::kRunning, 2)}, {Free("w0"), Free("w1")}).at("a").workers,
            Names{"w0"});
  EXPECT_FALSE(Schedule({Job("a", 1, 2, Kind::kRunning, 2)}, {Free("w0")}).contains("a"));
}

}  // namespace
}  // namespace gvsl::coordinator
