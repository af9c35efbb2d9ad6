// What a coordinator knows after its death, and what it does not do too early.
#include <gtest/gtest.h>

#include "tests/coordinator/fake_cluster.h"

namespace gvsl::coordinator {
namespace {

using v1::TrainerReport;

class Restart : public testing::Test {
 protected:
  void SetUp() override {
    cluster.AddWorker("w0");
    cluster.AddWorker("w1");
    cluster.Rounds(2);
    cluster.Submit(cluster.Spec("heads", 60));
  }
  v1::Job Job() { return cluster.Job("heads"); }
  FakeCluster cluster;
};

TEST_F(Restart, ARunningGangIsAdoptedAsItIs) {
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.StopCoordinator();
  cluster.Rounds(20);  // the steps go on meanwhile, longer than a lease
  const std::uint64_t step = cluster.worker("w0").report.step();
  EXPECT_GE(step, 30u);
  cluster.StartCoordinator();
  EXPECT_EQ(Job().state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(Job().workers_size(), 2);
  cluster.Rounds(2);
  EXPECT_EQ(Job().generation(), 1u);
  EXPECT_GE(Job().step(), step);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(Job().generation(), 1u);
  EXPECT_EQ(cluster.Events("heads").front(), "CREATED");
}

TEST_F(Restart, AWorkerThatDiedMeanwhileIsLostAfterOneLeaseAndNotBefore) {
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.StopCoordinator();
  cluster.Kill("w1");
  cluster.StartCoordinator();
  const TimePoint start = cluster.clock().Now();
  ASSERT_TRUE(cluster.RoundsUntil([&] { return cluster.HasEvent("heads", "WORKER_LOST"); }));
  EXPECT_GE(cluster.clock().Now() - start, std::chrono::milliseconds(1500));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(Restart, AGangThatWasFormingGoesOnForming) {
  cluster.StopCoordinator();
  cluster.StartCoordinator();
  EXPECT_EQ(Job().state(), v1::JOB_STATE_STARTING);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_RUNNING));
  EXPECT_EQ(Job().generation(), 1u);
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(Restart, AGangThatWasStoppingStillPauses) {
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  cluster.StopCoordinator();
  cluster.Rounds(3);
  cluster.StartCoordinator();
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  EXPECT_EQ(Job().checkpoints_size(), 1);
}

TEST_F(Restart, AJobThatFinishedMeanwhileIsReportedByItsWorkers) {
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.StopCoordinator();
  cluster.Rounds(80);
  cluster.StartCoordinator();
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(Job().step(), 60u);
  EXPECT_EQ(Job().checkpoints_size(), 1);
}

TEST_F(Restart, ACoordinatorThatStoodStillBlamesNobody) {
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.clock().Advance(std::chrono::seconds(30));
  cluster.coordinator().Tick();
  cluster.Rounds(3);
  EXPECT_FALSE(cluster.HasEvent("heads", "WORKER_LOST"));
  EXPECT_EQ(Job().generation(), 1u);
}

TEST_F(Restart, TheSameRequestIdGivesTheSameJobAfterARestart) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = cluster.Spec("twice", 5);
  request.set_request_id("r1");
  const auto first = cluster.coordinator().CreateJob(request);
  ASSERT_TRUE(first.ok());
  cluster.StopCoordinator();
  cluster.StartCoordinator();
  const auto second = cluster.coordinator().CreateJob(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->uid(), second->uid());
  request.mutable_spec()->set_steps(6);
  EXPECT_EQ(cluster.coordinator().CreateJob(request).status().code(), StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace gvsl::coordinator
