// A dataset that a worker cannot read for a while: what people are told.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/coordinator/fake_cluster.h"

namespace gvsl::coordinator {
namespace {

TEST(DatasetAway, IsOneEventAWorkerAndOneWhenItIsBack) {
  FakeCluster cluster;
  cluster.AddWorker("w0");
  cluster.AddWorker("w1");
  cluster.Rounds(2);
  cluster.Submit(cluster.Spec("heads", 60));
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  const auto count = [&](const std::string& type) {
    const auto events = cluster.Events("heads");
    return std::count(events.begin(), events.end(), type);
  };
  for (const char* name : {"w0", "w1"}) cluster.worker(name).report.set_dataset_away(true);
  cluster.Rounds(3);
  EXPECT_EQ(count("DATASET_AWAY"), 2);
  EXPECT_EQ(count("DATASET_BACK"), 0);
  EXPECT_EQ(cluster.Job("heads").state(), v1::JOB_STATE_RUNNING);
  for (const char* name : {"w0", "w1"}) cluster.worker(name).report.set_dataset_away(false);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(count("DATASET_AWAY"), 2);
  EXPECT_EQ(count("DATASET_BACK"), 2);
}

TEST(DatasetAway, IsNotBackBecauseItsWorkerHasStopped) {
  FakeCluster cluster;
  cluster.AddWorker("w0");
  cluster.Rounds(2);
  cluster.Submit(cluster.Spec("heads", 60));
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.worker("w0").report.set_dataset_away(true);
  cluster.Rounds(1);
  cluster.worker("w0").report.set_state(v1::TrainerReport::STATE_FAILED);
  cluster.worker("w0").report.set_dataset_away(false);
  cluster.Rounds(1);
  const auto events = cluster.Events("heads");
  EXPECT_EQ(std::count(events.begin(), events.end(), "DATASET_AWAY"), 1);
  EXPECT_EQ(std::count(events.begin(), events.end(), "DATASET_BACK"), 0);
}

}  // namespace
}  // namespace gvsl::coordinator
