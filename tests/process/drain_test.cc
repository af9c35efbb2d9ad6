// SIGTERM to each process: it leaves in order, and nothing is lost.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;

TEST(Sigterm, LetsAWorkerLeaveAtAStepBoundaryWhileTheGangGoesOn) {
  Cluster cluster;
  cluster.Train(2, {.steps = 100'000});
  ASSERT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 2; }));
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  cluster.worker(0).Signal(SIGTERM);
  const auto status = cluster.worker(0).WaitFor(seconds(30));
  ASSERT_TRUE(status) << cluster.Logs();
  EXPECT_EQ(*status, 0) << cluster.worker(0).Errors();
  EXPECT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 1; }, seconds(20)))
      << cluster.Get("job") << cluster.Logs();
  const int alone = cluster.Get("job")["step"].get<int>();
  EXPECT_TRUE(Eventually([&] { return cluster.Get("job")["step"] > alone; }, seconds(20)))
      << cluster.Get("job") << cluster.Logs();
}

TEST(Sigterm, MakesTheLastWorkerCheckpointFirst) {
  Cluster cluster;
  cluster.Train(1, {.steps = 2000, .every_steps = 1000});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  cluster.worker(0).Signal(SIGTERM);
  const auto status = cluster.worker(0).WaitFor(seconds(30));
  ASSERT_TRUE(status) << cluster.Logs();
  EXPECT_EQ(*status, 0) << cluster.worker(0).Errors();
  const Json job = cluster.Get("job");
  ASSERT_EQ(job["checkpoints"].size(), 1U) << job << cluster.Logs();
  EXPECT_EQ(job["checkpoints"][0]["step"], job["step"]);
  EXPECT_EQ(job["state"], "QUEUED") << job;
  const Finished verified =
      cluster.Ctl({"checkpoint", "verify", "job", job["checkpoints"][0]["step"].dump()});
  EXPECT_EQ(verified.status, 0) << verified.errors;
}

TEST(Sigterm, MakesTheLastWorkerCheckpointAlsoWithoutACoordinator) {
  Cluster cluster;
  cluster.Train(1, {.steps = 2000, .every_steps = 1000});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  cluster.coordinator().Signal(SIGKILL);
  ASSERT_TRUE(cluster.coordinator().WaitFor(seconds(5)));
  cluster.worker(0).Signal(SIGTERM);
  const auto status = cluster.worker(0).WaitFor(seconds(40));
  ASSERT_TRUE(status) << cluster.Logs();
  EXPECT_EQ(*status, 0) << cluster.worker(0).Errors();
  cluster.StartCoordinator();
  cluster.StartWorker(1);
  ASSERT_TRUE(Eventually(
      [&] {
        const Json job = cluster.Get("job");
        return !job["checkpoints"].empty() && job["step"] >= job["checkpoints"][0]["step"];
      },
      seconds(30)))
      << cluster.Get("job") << cluster.Logs();
}

TEST(Sigterm, EndsTheCoordinatorAndNotTheGang) {
  Cluster cluster;
  cluster.Train(1, {.steps = 50});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  cluster.coordinator().Signal(SIGTERM);
  const auto status = cluster.coordinator().WaitFor(seconds(10));
  ASSERT_TRUE(status) << cluster.Logs();
  EXPECT_EQ(*status, 0) << cluster.Logs();
  const double at_end = cluster.StepOfWorkers();
  EXPECT_TRUE(Eventually([&] { return cluster.StepOfWorkers() > at_end; }, seconds(20)));
  cluster.StartCoordinator();
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
}

TEST(Sigterm, EndsAnIdleWorkerWithStatusZero) {
  Cluster cluster;
  cluster.StartCoordinator();
  cluster.StartWorker(0);
  cluster.worker(0).Signal(SIGTERM);
  const auto status = cluster.worker(0).WaitFor(seconds(10));
  ASSERT_TRUE(status) << cluster.Logs();
  EXPECT_EQ(*status, 0) << cluster.Logs();
}

TEST(CtrlC, LeavesTheJobRunning) {
  Cluster cluster;
  cluster.Train(1, {.steps = 50});
  const auto watch = cluster.StartCtl({"watch", "job"});
  ASSERT_TRUE(Eventually([&] { return !watch->Output().empty(); }, seconds(20)));
  watch->Signal(SIGINT);
  const auto status = watch->WaitFor(seconds(10));
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 130);
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
}

TEST(Cancelling, FreesTheWorkersForTheNextJob) {
  Cluster cluster;
  cluster.Train(1, {.name = "long", .steps = 100000});
  ASSERT_TRUE(cluster.WaitForStep("long", 3)) << cluster.Logs();
  EXPECT_EQ(cluster.Ctl({"cancel", "long"}).status, 0);
  EXPECT_EQ(cluster.WaitForEnd("long"), "CANCELLED");
  cluster.Submit({.name = "next", .steps = 5});
  EXPECT_EQ(cluster.WaitForEnd("next"), "SUCCEEDED") << cluster.Get("next") << cluster.Logs();
}

}  // namespace
}  // namespace gvsl::testing_process
