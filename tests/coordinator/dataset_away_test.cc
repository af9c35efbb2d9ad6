// A dataset that a worker cannot read for a while: what people are told.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/coordinator/fake_cluster.h"

namespace gvsl::coordinator {
namespace {

class DatasetAway : public ::testing::Test {
 protected:
  void RunOn(const std::vector<std::string>& workers) {
    for (const std::string& name : workers) cluster_.AddWorker(name);
    cluster_.Rounds(2);
    cluster_.Submit(cluster_.Spec("heads", 60));
    ASSERT_TRUE(cluster_.ReachesStep("heads", 10));
  }
  std::ptrdiff_t Count(const std::string& type) {
    const auto events = cluster_.Events("heads");
    return std::count(events.begin(), events.end(), type);
  }

  FakeCluster cluster_;
};

TEST_F(DatasetAway, IsOneEventAWorkerAndOneWhenItIsBack) {
  RunOn({"w0", "w1"});
  for (const char* name : {"w0", "w1"}) cluster_.worker(name).report.set_dataset_away(true);
  cluster_.Rounds(3);
  EXPECT_EQ(Count("DATASET_AWAY"), 2);
  EXPECT_EQ(Count("DATASET_BACK"), 0);
  EXPECT_EQ(cluster_.Job("heads").state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(cluster_.Job("heads").reason(),
            "it trains with 2 workers; 2 of them cannot read the dataset now and wait for it");
  cluster_.worker("w1").report.set_dataset_away(false);
  cluster_.Rounds(2);
  EXPECT_EQ(cluster_.Job("heads").reason(),
            "it trains with 2 workers; 1 of them cannot read the dataset now and wait for it");
  cluster_.worker("w0").report.set_dataset_away(false);
  cluster_.Rounds(2);
  EXPECT_EQ(cluster_.Job("heads").reason(), "it trains with 2 workers");
  ASSERT_TRUE(cluster_.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(Count("DATASET_AWAY"), 2);
  EXPECT_EQ(Count("DATASET_BACK"), 2);
}

TEST_F(DatasetAway, IsNotBackBecauseItsWorkerHasStopped) {
  RunOn({"w0"});
  cluster_.worker("w0").report.set_dataset_away(true);
  cluster_.Rounds(1);
  cluster_.worker("w0").report.set_state(v1::TrainerReport::STATE_FAILED);
  cluster_.worker("w0").report.set_dataset_away(false);
  cluster_.Rounds(1);
  EXPECT_EQ(Count("DATASET_AWAY"), 1);
  EXPECT_EQ(Count("DATASET_BACK"), 0);
}

}  // namespace
}  // namespace gvsl::coordinator
