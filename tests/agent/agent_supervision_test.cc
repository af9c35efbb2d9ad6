// The agent with a real trainer process (a scripted one) and a coordinator in this process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "common/text.h"
#include "tests/agent/fake_coordinator.h"
#include "worker/agent/agent.h"
#include "worker/agent/machine_metrics.h"

namespace gvsl::agent {
namespace {

using Book = FakeCoordinator::Book;
using std::chrono::milliseconds;
using v1::StopOrder;
using v1::TrainerReport;

class AgentSupervision : public ::testing::Test {
 protected:
  AgentSupervision() {
    std::string name = ::testing::TempDir() + "gvsl-agent-XXXXXX";
    work_dir_ = ::mkdtemp(name.data());
    AgentOptions options;
    options.name = "w1";
    options.incarnation = "abc";
    options.work_dir = work_dir_;
    options.trainer_command = {GVSL_FAKE_TRAINER};
    options.timing.obey = options.timing.exit = milliseconds(300);
    options.timing.farewell = milliseconds(500);
    options.timing.end = milliseconds(300);
    agent = std::make_unique<Agent>(options, client_, metrics, clock_, PosixFileSystem());
    thread_ = std::thread([this] { status_ = agent->Run([](const std::string&) {}); });
  }
  ~AgentSupervision() override {
    if (thread_.joinable()) {
      agent->Leave();
      agent->Leave();
      thread_.join();
    }
    std::filesystem::remove_all(work_dir_);
  }

  Status Join() {
    thread_.join();
    return status_;
  }
  bool WaitForState(TrainerReport::State state, std::uint64_t generation = 0) {
    return coordinator.WaitFor([=](const Book& book) {
      return book.report().state() == state && book.report().generation() == generation;
    });
  }
  // The peer address of a trainer that is idle with this incarnation.
  std::string WaitForIdle(std::uint64_t incarnation) {
    std::string peer;
    EXPECT_TRUE(coordinator.WaitFor([&](const Book& book) {
      peer = book.report().peer_address();
      return book.report().state() == TrainerReport::STATE_IDLE &&
             book.report().incarnation() == incarnation;
    }));
    return peer;
  }
  void RunScript(const std::string& script, std::uint64_t generation = 1) {
    coordinator.Assign(script, generation, WaitForIdle(1));
  }
  static pid_t PidOf(const std::string& peer) { return std::stoi(peer.substr(peer.find(':') + 1)); }

  FakeCoordinator coordinator;
  Metrics metrics;
  std::unique_ptr<Agent> agent;

 private:
  std::string work_dir_;
  SystemClock clock_;
  DirectCoordinatorClient client_{coordinator};
  Status status_;
  std::thread thread_;
};

TEST_F(AgentSupervision, AnIdleTrainerIsPresentedAndRunsWhatItIsAssigned) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.With([](Book& book) {
    ASSERT_EQ(book.registrations.size(), 1U);
    EXPECT_EQ(book.registrations[0].numeric_class(), "fake/1");
    EXPECT_EQ(book.registrations[0].name(), "w1");
  });
  EXPECT_TRUE(agent->ready());
}

TEST_F(AgentSupervision, AKilledTrainerIsReportedAndReplaced) {
  const pid_t first = PidOf(WaitForIdle(1));
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  ASSERT_NE(PidOf(WaitForIdle(2)), first);
  coordinator.With([](Book& book) {
    const auto absent =
        std::find_if(book.reports.begin(), book.reports.end(), [](const TrainerReport& report) {
          return report.incarnation() == 2 && report.state() == TrainerReport::STATE_ABSENT;
        });
    if (absent == book.reports.end()) return;  // the new one came up before the heartbeat went out
    EXPECT_EQ(absent->reason(), "the trainer ended: signal 9 (Killed)");
  });
  EXPECT_NE(metrics.Expose().find("gvsl_worker_trainer_restarts_total 1\n"), std::string::npos);
}

TEST_F(AgentSupervision, ATrainerThatCrashesOnItsAssignmentIsNotGivenItAgain) {
  RunScript("crashes");
  WaitForIdle(2);
  coordinator.Assign("runs", 2, WaitForIdle(2));
  EXPECT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 2));
}

TEST_F(AgentSupervision, ATrainerWhoseEndDoesNotComeIsReplacedWithoutWaitingForIt) {
  const auto begin = std::chrono::steady_clock::now();
  RunScript("clings");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.Order(StopOrder::MODE_NOW);
  coordinator.Assign("runs", 2, WaitForIdle(2));
  EXPECT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 2));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4))
      << "the pipes of the first are held for 5 s";
}

TEST_F(AgentSupervision, AHungTrainerIsReplaced) {
  RunScript("hangs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.Order(StopOrder::MODE_NOW);
  WaitForIdle(2);
}

TEST_F(AgentSupervision, ATrainerStoppedByASignalIsReplacedWhenItIsTold) {
  const pid_t first = PidOf(WaitForIdle(1));
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  ASSERT_EQ(::kill(first, SIGSTOP), 0);
  coordinator.Order(StopOrder::MODE_NOW);
  WaitForIdle(2);
}

TEST_F(AgentSupervision, AStoppedTrainerKeepsItsStateForTheNextGeneration) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.Order(StopOrder::MODE_NOW);
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_STOPPED, 1));
  std::string peer;
  coordinator.With([&](Book& book) { peer = book.report().peer_address(); });
  coordinator.Assign("runs", 2, peer);
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 2));
  coordinator.With([](Book& book) { EXPECT_EQ(book.report().incarnation(), 1U); });
}

TEST_F(AgentSupervision, AJobThatIsTakenAwayLeavesAFreshTrainer) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.TakeJobAway();
  WaitForIdle(2);
  EXPECT_NE(metrics.Expose().find("gvsl_worker_trainer_restarts_total 0\n"), std::string::npos)
      << "it was asked to end";
}

TEST_F(AgentSupervision, NewsDoNotWaitForAHeldHeartbeat) {
  coordinator.With([](Book& book) {
    book.interval_seconds = 3600;
    book.knows_worker = false;  // registers again, and learns the new interval
  });
  const std::string peer = WaitForIdle(1);
  coordinator.Assign("runs", 1, peer);
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  ASSERT_EQ(::kill(PidOf(peer), SIGKILL), 0);
  EXPECT_NE(PidOf(WaitForIdle(2)), PidOf(peer));
}

TEST_F(AgentSupervision, TheWorkGoesOnWhileTheCoordinatorIsAway) {
  const std::string peer = WaitForIdle(1);
  coordinator.Assign("runs", 1, peer);
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.Stop();
  coordinator.With([](Book& book) { book.reports.clear(); });
  coordinator.Start();
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.With([&](Book& book) {
    ASSERT_EQ(book.registrations.size(), 2U);
    EXPECT_EQ(book.registrations[1].incarnation(), "abc");
    EXPECT_EQ(book.report().peer_address(), peer) << "the same trainer process";
  });
}

TEST_F(AgentSupervision, AJobThatFinishedWhileTheCoordinatorWasAwayIsReportedLater) {
  const std::string peer = WaitForIdle(1);
  coordinator.Assign("runs", 1, peer);
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.Stop();
  ASSERT_EQ(::kill(PidOf(peer), SIGUSR1), 0);
  coordinator.Start();
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_FINISHED, 1));
  ASSERT_TRUE(coordinator.WaitFor([](const Book& book) { return book.checkpoints.size() == 1; }));
  coordinator.With([](Book& book) { EXPECT_EQ(book.report().incarnation(), 1U); });
}

TEST_F(AgentSupervision, LogsReachTheCoordinatorOnceAndInOrder) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  ASSERT_TRUE(
      coordinator.WaitFor([](const Book& book) { return book.logs.count("uid-runs") > 0; }));
  coordinator.Order(StopOrder::MODE_NOW);
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_STOPPED, 1));
  std::string peer;
  coordinator.With([&](Book& book) { peer = book.report().peer_address(); });
  coordinator.Stop();
  coordinator.Assign("runs", 2, peer);
  coordinator.Start();
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 2));
  EXPECT_TRUE(coordinator.WaitFor([](const Book& book) {
    std::string text = book.logs.at("uid-runs");
    // Said before the assignment; its reader may be slower than the assignment.
    if (text.rfind("ready\n", 0) == 0) text.erase(0, 6);
    return text == "job runs generation 1\njob runs generation 2\n";
  }));
}

TEST_F(AgentSupervision, LeavingDrainsWithACheckpointAndSaysSo) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  agent->Leave();
  const Status status = Join();
  EXPECT_TRUE(status.ok()) << status;
  coordinator.With([](Book& book) {
    EXPECT_TRUE(book.leaving);
    EXPECT_EQ(book.report().state(), TrainerReport::STATE_STOPPED);
    EXPECT_EQ(book.checkpoints.size(), 1U);
  });
}

TEST_F(AgentSupervision, LeavingWorksWithoutACoordinator) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  coordinator.Stop();
  agent->Leave();
  const Status status = Join();
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(AgentSupervision, ASecondLeaveDoesNotWaitForAHungTrainer) {
  RunScript("hangs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  agent->Leave();
  agent->Leave();
  EXPECT_EQ(Join().code(), StatusCode::kCancelled);
}

TEST_F(AgentSupervision, MetricsShowStepLossPhasesAndSamples) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  const std::string text = metrics.Expose();
  for (const std::string line :
       {"gvsl_worker_step 10\n", "gvsl_worker_generation 1\n", "gvsl_worker_step_seconds 0.004\n",
        "gvsl_worker_phase_seconds{phase=\"forward\"} 0.002\n",
        "gvsl_worker_loss{loss=\"total\"} 0.5\n", "gvsl_worker_samples_total 60\n",
        "gvsl_worker_trainer_state{state=\"RUNNING\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "is missing in\n" << text;
  }
}

TEST_F(AgentSupervision, MetricsShowMemoryAndDisk) {
  RunScript("runs");
  ASSERT_TRUE(WaitForState(TrainerReport::STATE_RUNNING, 1));
  agent->MeasureMachine();
  const std::string text = metrics.Expose();
  for (const std::string name : {"gvsl_worker_memory_bytes{process=\"agent\"} ",
                                 "gvsl_worker_memory_bytes{process=\"trainer\"} ",
                                 "gvsl_worker_disk_free_bytes ", "gvsl_worker_disk_size_bytes "}) {
    const std::size_t at = text.find("\n" + name);  // not where its help begins
    ASSERT_NE(at, std::string::npos) << name << "is missing in\n" << text;
    EXPECT_GT(std::stod(text.substr(at + 1 + name.size())), 0) << name;
  }
}

TEST(MachineMetrics, WhatCannotBeMeasuredIsNotShown) {
  Metrics metrics;
  MeasureMachine(metrics, "/", ::getpid());
  MeasureMachine(metrics, "/nowhere", 0);
  const std::string text = metrics.Expose();
  EXPECT_NE(text.find("process=\"agent\""), std::string::npos) << text;
  EXPECT_EQ(text.find("process=\"trainer\""), std::string::npos) << text;
  EXPECT_EQ(text.find("gvsl_worker_disk_free_bytes "), std::string::npos) << text;
}

TEST(WorkerMetrics, WhatBelongsToAJobGoesWithIt) {
  Metrics metrics;
  WorkerMetrics shown(metrics);
  TrainerReport report;
  report.set_job_uid("u");
  report.set_state(TrainerReport::STATE_RUNNING);
  report.mutable_progress()->set_step(3);
  report.mutable_progress()->set_step_seconds(0.5);
  (*report.mutable_progress()->mutable_losses())["total"] = 2;
  (*report.mutable_progress()->mutable_phase_seconds())["forward"] = 0.25;
  shown.Show(report, 4);
  report.Clear();
  report.set_state(TrainerReport::STATE_IDLE);
  shown.Show(report, 0);
  const std::string text = metrics.Expose();
  for (const std::string gone :
       {"gvsl_worker_step_seconds 0", "gvsl_worker_phase_seconds{", "gvsl_worker_loss{"}) {
    EXPECT_EQ(text.find(gone), std::string::npos) << text;
  }
  EXPECT_NE(text.find("gvsl_worker_samples_total 12\n"), std::string::npos) << text;
}

TEST(WorkerMetrics, WhatTrainersCountOfTheirDataAddsUp) {
  Metrics metrics;
  WorkerMetrics shown(metrics);
  const auto expect = [&](const std::string& line) {
    EXPECT_NE(metrics.Expose().find("\n" + line + "\n"), std::string::npos) << metrics.Expose();
  };
  expect("gvsl_worker_shard_cache_hits_total 0");
  v1::DataReport report;
  report.set_cache_hits(5);
  report.set_wait_seconds(0.5);
  report.set_away(true);
  shown.ShowData(1, report);
  report.set_cache_hits(7);
  shown.ShowData(1, report);
  shown.ShowData(2, report);  // another process
  expect("gvsl_worker_shard_cache_hits_total 14");
  expect("gvsl_worker_data_wait_seconds_total 1");
  expect("gvsl_worker_dataset_away 1");
  shown.Show({}, 0);  // no trainer waits for anything
  expect("gvsl_worker_dataset_away 0");
}

}  // namespace
}  // namespace gvsl::agent
