// Shards that a job leaves out: what becomes of its workers' reports.
#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/job_quarantine.h"
#include "coordinator/report_check.h"
#include "tests/coordinator/fake_cluster.h"

namespace gvsl::coordinator {
namespace {

constexpr char kShard[] = "shard-00003.safetensors";

template <typename Message>
void LeaveOut(const std::string& shard, std::uint64_t step, Message& message) {
  v1::QuarantinedShard& one = *message.add_quarantine();
  one.set_shard(shard);
  one.set_step(step);
}

v1::TrainerReport Report(std::uint64_t step) {
  v1::TrainerReport report;
  report.set_state(v1::TrainerReport::STATE_RUNNING);
  report.set_began(true);
  report.set_holds_state(true);
  report.set_step(step);
  return report;
}

std::size_t News(const v1::TrainerReport& report, v1::Job& job) {
  bool changed = false;
  const std::size_t news = TakeQuarantine(report, job, changed).size();
  EXPECT_TRUE(changed || news == 0);
  return news;
}

TEST(JobQuarantine, GrowsWithReportsAndTellsWhatIsNew) {
  v1::Job job;
  v1::TrainerReport report = Report(12);
  LeaveOut("b", 11, report);
  EXPECT_EQ(News(report, job), 1U);
  EXPECT_EQ(News(report, job), 0U);
  LeaveOut("a", 12, report);
  LeaveOut("c", 4, report);
  EXPECT_EQ(News(report, job), 2U);
  ASSERT_EQ(job.quarantine_size(), 3);
  EXPECT_EQ(job.quarantine(0).shard(), "c") << "by step";
}

TEST(JobQuarantine, IsNotForgottenForAWorkerThatIsBehindOrHasNotBegun) {
  v1::Job job;
  LeaveOut(kShard, 10, job);
  EXPECT_EQ(News(Report(10), job), 0U);
  v1::TrainerReport forming = Report(15);
  forming.clear_began();
  EXPECT_EQ(News(forming, job), 0U);
  EXPECT_EQ(job.quarantine_size(), 1);
}

TEST(JobQuarantine, IsForgottenWhereTheStateBeyondItsStepDoesNotKnowIt) {
  v1::Job job;
  LeaveOut(kShard, 10, job);
  bool changed = false;
  EXPECT_TRUE(TakeQuarantine(Report(11), job, changed).empty());
  EXPECT_TRUE(changed);
  EXPECT_EQ(job.quarantine_size(), 0);
}

TEST(JobQuarantine, BeyondTheStepIsCutOff) {
  v1::Job job;
  LeaveOut("a", 10, job);
  LeaveOut("b", 20, job);
  job.set_step(10);
  CutQuarantine(job);
  ASSERT_EQ(job.quarantine_size(), 1);
  EXPECT_EQ(job.quarantine(0).shard(), "a");
}

TEST(JobQuarantine, WhatNoWorkerMaySayIsRefused) {
  v1::TrainerReport report = Report(5);
  LeaveOut(std::string(1000, 's'), 1, report);
  EXPECT_EQ(CheckReport(report, nullptr).code(), StatusCode::kInvalidArgument);
  report.clear_quarantine();
  for (int i = 0; i < 1001; ++i) LeaveOut(kShard, 1, report);
  EXPECT_EQ(CheckReport(report, nullptr).code(), StatusCode::kInvalidArgument);
  report.clear_quarantine();
  v1::Job job;
  job.set_steps(100);
  LeaveOut(kShard, 101, report);
  EXPECT_EQ(CheckReport(report, &job).code(), StatusCode::kInvalidArgument);
}

TEST(JobQuarantine, IsOneEventAShardAndSurvivesTheCoordinator) {
  FakeCluster cluster;
  cluster.AddWorker("w0");
  cluster.AddWorker("w1");
  cluster.Rounds(2);
  cluster.Submit(cluster.Spec("heads", 60));
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  for (const char* name : {"w0", "w1"}) LeaveOut(kShard, 10, cluster.worker(name).report);
  cluster.Rounds(3);
  ASSERT_EQ(cluster.Job("heads").quarantine_size(), 1);
  EXPECT_EQ(cluster.Job("heads").quarantine(0).step(), 10U);

  cluster.StopCoordinator();
  for (const char* name : {"w0", "w1"}) cluster.worker(name).silent = true;
  cluster.StartCoordinator();
  EXPECT_EQ(cluster.Job("heads").quarantine_size(), 1) << "from the store";
  for (const char* name : {"w0", "w1"}) cluster.worker(name).silent = false;
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(cluster.Job("heads").quarantine_size(), 1);
  EXPECT_NE(cluster.Job("heads").reason().find(kShard), std::string::npos);
  const auto events = cluster.Events("heads");
  EXPECT_EQ(std::count(events.begin(), events.end(), "SHARD_LEFT_OUT"), 1);
}

}  // namespace
}  // namespace gvsl::coordinator
