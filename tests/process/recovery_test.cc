// What happens when something dies, and how long it takes.
#include <gtest/gtest.h>
#include <signal.h>

#include <iostream>
#include <string>

#include "tests/process/cluster.h"

namespace gvsl::testing_process {
namespace {

using std::chrono::seconds;

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Members of the gang by rank.
std::vector<std::string> MemberNames(const Json& job) {
  std::vector<std::string> names;
  for (const Json& worker : job["workers"]) names.push_back(worker["name"]);
  return names;
}

// More than any machine takes while a test looks on.
constexpr int kEndless = 100'000;

class LossOfAWorker : public testing::TestWithParam<int> {};

TEST_P(LossOfAWorker, LosesNoCommittedStepAndNamesTheCulprit) {
  const int rank = GetParam();
  Cluster cluster;
  // No checkpoint before the loss: what goes on must come from the survivors.
  cluster.Train(3, {.steps = kEndless, .min_workers = 2, .every_steps = kEndless});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  ASSERT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 3; }));
  Json before = cluster.Get("job");
  const std::string culprit = MemberNames(before).at(rank);
  const int index = culprit.back() - '0';

  const auto killed = std::chrono::steady_clock::now();
  cluster.worker(index).Signal(SIGKILL);
  ASSERT_TRUE(cluster.worker(index).WaitFor(seconds(5)));
  cluster.StopWorker(index);
  const double at_loss = cluster.StepOfWorkers();
  ASSERT_TRUE(Eventually([&] { return cluster.StepOfWorkers() > at_loss + 1; }, seconds(30),
                         std::chrono::milliseconds(5)))
      << cluster.Get("job") << cluster.Logs();
  const double recovered = SecondsSince(killed);
  std::cout << "rank " << rank << " killed: next committed step after " << recovered << " s\n";
  RecordProperty("seconds_to_next_step", std::to_string(recovered));

  Json after = cluster.Get("job");
  EXPECT_GT(after["generation"].get<int>(), before["generation"].get<int>());
  EXPECT_TRUE(after["checkpoints"].empty()) << "the state came from the survivors";
  const Finished events = cluster.Ctl({"events", "job"});
  EXPECT_NE(events.output.find(culprit), std::string::npos) << events.output;
}

INSTANTIATE_TEST_SUITE_P(OfEveryRank, LossOfAWorker, testing::Values(0, 1, 2));

TEST(LossOfATrainer, IsRepairedByItsAgent) {
  Cluster cluster;
  cluster.Train(2, {.steps = kEndless});
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  ASSERT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 2; }));
  Json before = cluster.Get("job");
  const auto children = cluster.worker(0).Children();
  ASSERT_EQ(children.size(), 1U);
  ASSERT_EQ(::kill(children[0], SIGKILL), 0);
  EXPECT_TRUE(Eventually(
      [&] {
        const Json job = cluster.Get("job");
        return job["generation"] > before["generation"] && job["workers"].size() == 2 &&
               job["step"] > before["step"];
      },
      seconds(60)))
      << cluster.Get("job") << cluster.Logs();
  EXPECT_TRUE(cluster.worker(0).IsRunning());
}

TEST(LossOfATrainer, TakesPlaceWhenItsAgentDies) {
  Cluster cluster;
  cluster.StartCoordinator();
  cluster.StartWorker(0);
  const auto children = cluster.worker(0).Children();
  ASSERT_EQ(children.size(), 1U);
  cluster.worker(0).Signal(SIGKILL);
  ASSERT_TRUE(cluster.worker(0).WaitFor(seconds(5)));
  EXPECT_TRUE(Eventually([&] { return ::kill(children[0], 0) != 0; }, seconds(5)));
}

TEST(AFrozenWorker, IsLeftBehindAndFenced) {
  Cluster cluster;
  cluster.Train(2, {.steps = kEndless});
  ASSERT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 2; }));
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  const auto children = cluster.worker(1).Children();
  ASSERT_EQ(children.size(), 1U);
  const auto frozen = std::chrono::steady_clock::now();
  cluster.worker(1).Signal(SIGSTOP);
  ::kill(children[0], SIGSTOP);
  const double at_freeze = cluster.StepOfWorkers();
  ASSERT_TRUE(Eventually(
      [&] {
        const Json job = cluster.Get("job");
        return job["workers"].size() == 1 && job["step"] > at_freeze + 1;
      },
      seconds(60)))
      << cluster.Get("job") << cluster.Logs();
  std::cout << "frozen worker: next committed steps after " << SecondsSince(frozen) << " s\n";
  ::kill(children[0], SIGCONT);
  cluster.worker(1).Signal(SIGCONT);
  EXPECT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 2; }, seconds(60)))
      << "it comes back and joins" << cluster.Get("job") << cluster.Logs();
}

TEST(AWaitingJob, SaysWhatItWaitsForAndStartsWhenItComes) {
  Cluster cluster;
  cluster.Train(1, {.steps = 5, .min_workers = 2});
  ASSERT_TRUE(Eventually([&] { return !cluster.Get("job").value("reason", "").empty(); }));
  EXPECT_EQ(cluster.Get("job")["state"], "QUEUED");
  const Finished explained = cluster.Ctl({"explain", "job"});
  EXPECT_EQ(explained.status, 0);
  EXPECT_NE(explained.output.find("2"), std::string::npos) << explained.output;
  cluster.StartWorker(1);
  EXPECT_EQ(cluster.WaitForEnd("job"), "SUCCEEDED") << cluster.Get("job") << cluster.Logs();
}

TEST(TooFewSurvivors, WriteACheckpointAndServeAnotherJob) {
  Cluster cluster;
  cluster.Train(2, {.name = "first", .steps = kEndless, .min_workers = 2, .every_steps = kEndless});
  ASSERT_TRUE(cluster.WaitForStep("first", 5)) << cluster.Logs();
  cluster.Submit({.name = "second", .steps = 5});
  cluster.worker(1).Signal(SIGKILL);
  ASSERT_TRUE(cluster.worker(1).WaitFor(seconds(5)));
  EXPECT_EQ(cluster.WaitForEnd("second"), "SUCCEEDED") << cluster.Get("second") << cluster.Logs();
  Json first = cluster.Get("first");
  EXPECT_EQ(first["state"], "QUEUED") << first;
  ASSERT_EQ(first["checkpoints"].size(), 1U) << first;
  EXPECT_GE(first["step"], 5);
  EXPECT_EQ(first["checkpoints"][0]["step"], first["step"]);
  EXPECT_GT(first["lost_seconds"]["queued"], 0) << first;
  cluster.StopWorker(1);
  cluster.StartWorker(1);
  EXPECT_TRUE(Eventually([&] { return cluster.Get("first")["step"] > first["step"]; }, seconds(60)))
      << cluster.Get("first") << cluster.Logs();
}

TEST(ARestartedCoordinator, AdoptsTheGangHoweverLongItWasAway) {
  Cluster cluster;
  cluster.Train(2, {.steps = kEndless, .min_workers = 2, .every_steps = kEndless});
  ASSERT_TRUE(Eventually([&] { return cluster.Get("job")["workers"].size() == 2; }));
  ASSERT_TRUE(cluster.WaitForStep("job", 5)) << cluster.Logs();
  for (const double away : {0.0, 1.0, 2.5, 6.0}) {
    const Json before = cluster.Get("job");
    cluster.coordinator().Signal(SIGKILL);
    ASSERT_TRUE(cluster.coordinator().WaitFor(seconds(5)));
    const auto killed = std::chrono::steady_clock::now();
    ASSERT_TRUE(Eventually([&] { return SecondsSince(killed) >= away; }));
    const double step = cluster.StepOfWorkers();
    cluster.StartCoordinator();
    // Beyond every lease.
    const auto started = std::chrono::steady_clock::now();
    ASSERT_TRUE(Eventually([&] { return SecondsSince(started) >= 4.5; }));
    ASSERT_TRUE(Eventually([&] { return cluster.Get("job")["step"] > step; })) << cluster.Logs();
    Json after = cluster.Get("job");
    EXPECT_EQ(after["generation"], before.value("generation", 0)) << away << cluster.Logs();
    EXPECT_EQ(after["state"], "RUNNING") << away;
  }
  EXPECT_EQ(cluster.Ctl({"events", "job"}).output.find("WORKER_LOST"), std::string::npos);
}

TEST(ARestartedCoordinator, KnowsEverythingAgain) {
  Cluster cluster;
  cluster.Train(1, {.name = "done", .steps = 5});
  ASSERT_EQ(cluster.WaitForEnd("done"), "SUCCEEDED");
  cluster.Submit({.name = "waits", .steps = 5, .min_workers = 3});
  const Json done = cluster.Get("done");
  const std::string events = cluster.Ctl({"events", "done", "--json"}).output;
  cluster.coordinator().Signal(SIGKILL);
  ASSERT_TRUE(cluster.coordinator().WaitFor(seconds(5)));
  cluster.StartCoordinator();
  EXPECT_EQ(cluster.Get("done"), done);
  EXPECT_EQ(cluster.Ctl({"events", "done", "--json"}).output, events);
  EXPECT_EQ(cluster.Get("waits")["state"], "QUEUED");
}

}  // namespace
}  // namespace gvsl::testing_process
