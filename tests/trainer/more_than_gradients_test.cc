// Methods that look at all volumes at times, or whose slots tell each other something before a
// step.
#include "tests/trainer/gang_fixture.h"

namespace gvsl::trainer {
namespace {

class Descriptions : public GangTest {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    make_method_ = MakeFakeMethod({.survey_period = 2});
    MakeDataset(7, {6, 5, 4}, 2);
  }
};

TEST_F(Descriptions, AreThoseOfAllVolumesForAnyNumberOfWorkers) {
  const std::string alone = Train(1);
  EXPECT_EQ(Train(2), alone);
  EXPECT_EQ(Train(3, {{4}, {0, 2}, {1, 3}}), alone);
  make_method_ = MakeFakeMethod({.survey_period = 3});
  EXPECT_NE(Train(1), alone) << "they mean nothing";
}

TEST_F(Descriptions, OfAStepThatWasNotCommittedAreForgotten) {
  const std::string alone = Train(1);
  job_.checkpoint.directory = "/ckpt-killed";
  auto workers = NewWorkers(3);
  RecordingObserver& observer = workers[0]->observer;
  bool described = false;  // the fifth step's descriptions have been exchanged
  observer.on_activity = [&](Activity activity) {
    const bool fifth = observer.steps.size() == 4;
    if (fifth && described && activity == Activity::kComputing) {
      workers[0]->stop.Raise(StopVote::kNow);
    }
    described = fifth && activity == Activity::kWaiting;
  };
  RunGang(workers);
  for (const auto& worker : workers) EXPECT_EQ(worker->session->held_step(), 4U);
  workers[0] = NewWorker();
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), alone);
}

TEST_F(Descriptions, OfTheFastClassAreThoseOfOneWorker) {
  job_.numerics = Numerics::kFast;
  job_.checkpoint.directory = "/ckpt-fast";
  const auto workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
}

class Sharing : public GangTest {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    make_method_ = model::MakeMethod;
    job_.method = "simclr";
    job_.slots = 4;
    job_.steps = 1;
    MakeDataset(6, {16, 16, 16}, 2);
  }
};

TEST_F(Sharing, EverySlotsBackwardPassIsASignOfLife) {
  const auto workers = NewWorkers(1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  const auto& activities = workers[0]->observer.activities;
  const auto first_sample = std::ranges::find(activities, Activity::kReading);
  const auto exchange = std::find(first_sample, activities.end(), Activity::kWaiting);
  EXPECT_GE(std::count(first_sample, exchange, Activity::kComputing), 4);
  const auto sum = std::find(exchange + 1, activities.end(), Activity::kWaiting);
  EXPECT_GE(std::count(exchange, sum, Activity::kComputing), 4);
}

TEST_F(Sharing, AStopAtOnceIsObeyedBetweenTwoBackwardPasses) {
  const auto workers = NewWorkers(1);
  RecordingObserver& observer = workers[0]->observer;
  int signs = 0;  // after the exchange
  observer.on_activity = [&](Activity activity) {
    const auto& seen = observer.activities;
    const auto first_sample = std::ranges::find(seen, Activity::kReading);
    const bool exchanged = std::count(first_sample, seen.end(), Activity::kWaiting) > 0;
    if (exchanged && activity == Activity::kComputing && ++signs == 3) {
      workers[0]->stop.Raise(StopVote::kNow);
    }
  };
  const auto ends = RunGang(workers);
  ASSERT_TRUE(ends[0].ok());
  EXPECT_EQ(*ends[0], GenerationEnd::kBroken);
  EXPECT_EQ(signs, 3);
}

TEST_F(Sharing, TheFastClassFindsTheGradientThatStrictFinds) {
  for (const char* method : {"simclr", "simsiam", "byol"}) {
    job_.method = method;
    std::map<Numerics, double> norms;
    for (const Numerics numerics : {Numerics::kStrict, Numerics::kFast}) {
      job_.numerics = numerics;
      job_.checkpoint.directory = Concat("/ckpt-", method, "-", static_cast<int>(numerics));
      const auto workers = NewWorkers(2);
      ExpectAll(RunGang(workers), GenerationEnd::kFinished);
      norms[numerics] = workers[0]->observer.steps.back().indicators.at("gradient_norm");
    }
    EXPECT_GT(norms[Numerics::kStrict], 0);
    EXPECT_NEAR(norms[Numerics::kFast] / norms[Numerics::kStrict], 1, 1e-3) << method;
  }
}

}  // namespace
}  // namespace gvsl::trainer
