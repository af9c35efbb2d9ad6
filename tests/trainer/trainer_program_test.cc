// gvsl-trainer as a real process, told over its pipe what an agent would tell it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "common/checkpoint_directory.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tiny_dataset.h"
#include "worker/agent/trainer_process.h"

namespace gvsl::trainer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = v1::TrainerReport;

constexpr auto kPatience = std::chrono::seconds(60);

// A running trainer and what it said.
class RunningTrainer {
 public:
  RunningTrainer() {
    agent::TrainerCallbacks callbacks;
    callbacks.on_event = [this](const v1::TrainerEvent& event) { OnEvent(event); };
    callbacks.on_output = [this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      output_.append(line).append("\n");
    };
    callbacks.on_exit = [this](const std::string& how) {
      const std::lock_guard lock(mutex_);
      exit_ = how;
      changed_.notify_all();
    };
    auto process = agent::TrainerProcess::Start({GVSL_TRAINER, "--listen", "127.0.0.1:0"},
                                                std::move(callbacks));
    if (process.ok()) process_ = *std::move(process);
  }
  ~RunningTrainer() { process_.reset(); }

  agent::TrainerProcess& process() { return *process_; }

  void Assign(const v1::Assignment& assignment) {
    v1::TrainerCommand command;
    *command.mutable_assignment() = assignment;
    (void)process_->Send(command);
  }
  void Stop(std::uint64_t generation, v1::StopOrder::Mode mode) {
    v1::TrainerCommand command;
    command.mutable_stop()->set_generation(generation);
    command.mutable_stop()->set_mode(mode);
    (void)process_->Send(command);
  }
  void Exit() {
    v1::TrainerCommand command;
    command.mutable_exit();
    (void)process_->Send(command);
  }

  // Waits for a report for which `wanted` holds.
  template <typename Predicate>
  v1::TrainerReport WaitFor(Predicate wanted) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, kPatience, [&] { return wanted(report_) || !exit_.empty(); });
    EXPECT_TRUE(came && wanted(report_)) << report_.DebugString() << exit_ << "\n" << output_;
    return report_;
  }
  v1::TrainerReport WaitForState(std::uint64_t generation, State::State state) {
    return WaitFor([=](const v1::TrainerReport& report) {
      return report.generation() == generation && report.state() == state;
    });
  }
  std::string PeerAddress() {
    return WaitFor([](const auto& report) { return !report.peer_address().empty(); })
        .peer_address();
  }
  std::string WaitForExit() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return !exit_.empty(); });
    return exit_;
  }
  std::string NumericClass() {
    PeerAddress();  // said after it
    const std::lock_guard lock(mutex_);
    return numeric_class_;
  }
  std::vector<v1::CheckpointReport> checkpoints() {
    const std::lock_guard lock(mutex_);
    return checkpoints_;
  }

 private:
  void OnEvent(const v1::TrainerEvent& event) {
    const std::lock_guard lock(mutex_);
    if (event.has_report()) report_ = event.report();
    if (event.has_numeric_class()) numeric_class_ = event.numeric_class().name();
    if (event.has_checkpoint()) checkpoints_.push_back(event.checkpoint());
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  v1::TrainerReport report_;
  std::vector<v1::CheckpointReport> checkpoints_;
  std::string numeric_class_;
  std::string exit_;
  std::string output_;
  std::unique_ptr<agent::TrainerProcess> process_;
};

class TrainerProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto manifest =
        testing::WriteTinyDataset(PosixFileSystem(), scratch_ / "dataset", 4, {16, 16, 16}, 2);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    dataset_sha256_ = manifest->sha256;
  }

  struct Member {
    std::string name, address;
    std::optional<std::uint64_t> held_step;
  };
  v1::Assignment Assignment(std::uint64_t generation, std::uint32_t rank,
                            const std::vector<Member>& members) {
    v1::Assignment assignment;
    assignment.set_job_uid("uid-1");
    assignment.set_job_name("tiny");
    assignment.set_generation(generation);
    assignment.set_dataset_sha256(dataset_sha256_);
    assignment.set_threads(1);
    assignment.set_rank(rank);
    v1::JobSpec& spec = *assignment.mutable_spec();
    spec.set_method(v1::METHOD_GVSL);
    spec.mutable_model()->set_width(8);
    spec.set_steps(steps_);
    spec.set_slots(2);
    spec.set_batch_per_slot(1);
    spec.set_seed(1);
    spec.set_dataset(scratch_ / "dataset");
    spec.mutable_optimizer()->set_lr(1e-3);
    spec.mutable_checkpoint()->set_directory(scratch_ / "ckpt");
    spec.mutable_checkpoint()->set_every_steps(1000);
    spec.mutable_checkpoint()->set_keep_last(3);
    for (std::uint32_t i = 0; i < members.size(); ++i) {
      v1::Member& member = *assignment.add_members();
      member.set_name(members[i].name);
      member.set_peer_address(members[i].address);
      for (std::uint32_t slot = i; slot < 2; slot += members.size()) member.add_slots(slot);
      if (members[i].held_step) member.set_held_step(*members[i].held_step);
    }
    return assignment;
  }

  testing::TemporaryDirectory scratch_;
  std::string dataset_sha256_;
  std::uint64_t steps_ = 2;
};

TEST_F(TrainerProgram, ServesAJobAndEndsWhenItIsTold) {
  RunningTrainer trainer;
  trainer.Assign(Assignment(1, 0, {{"one", trainer.PeerAddress(), {}}}));
  const auto report = trainer.WaitForState(1, State::STATE_FINISHED);
  EXPECT_EQ(report.step(), 2u);
  EXPECT_TRUE(report.holds_state());
  EXPECT_EQ(report.progress().step(), 2u);
  EXPECT_GT(report.progress().slot_seconds(), 0);
  ASSERT_EQ(trainer.checkpoints().size(), 1u);
  const auto manifest = VerifyCheckpoint(PosixFileSystem(), scratch_ / "ckpt", 2);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(trainer.checkpoints()[0].checkpoint().weights_sha256(), manifest->WeightsSha256());
  trainer.Exit();
  EXPECT_EQ(trainer.WaitForExit(), "exit status 0");
}

TEST_F(TrainerProgram, SurvivorNamesTheDeadGoesOnAndTakesInANewOne) {
  steps_ = 1000000;
  auto first = std::make_unique<RunningTrainer>();
  RunningTrainer second, third;
  std::vector<Member> members = {{"one", first->PeerAddress(), {}},
                                 {"two", second.PeerAddress(), {}}};
  first->Assign(Assignment(1, 0, members));
  second.Assign(Assignment(1, 1, members));
  second.WaitFor([](const auto& report) { return report.step() >= 2; });
  first->process().Kill();
  const auto stopped = second.WaitForState(1, State::STATE_STOPPED);
  EXPECT_THAT(stopped.suspects(), ElementsAre("one"));
  ASSERT_GE(stopped.step(), 2u);

  members = {{"two", second.PeerAddress(), stopped.step()}, {"three", third.PeerAddress(), {}}};
  second.Assign(Assignment(2, 0, members));
  third.Assign(Assignment(2, 1, members));
  const auto running = third.WaitFor([&](const auto& report) {
    return report.generation() == 2 && report.step() > stopped.step();
  });
  EXPECT_TRUE(running.holds_state());
  third.Stop(2, v1::StopOrder::MODE_CHECKPOINT);
  const auto end_third = third.WaitForState(2, State::STATE_STOPPED);
  const auto end_second = second.WaitForState(2, State::STATE_STOPPED);
  EXPECT_EQ(end_second.step(), end_third.step());
  EXPECT_EQ(end_second.suspects_size(), 0);
  EXPECT_TRUE(VerifyCheckpoint(PosixFileSystem(), scratch_ / "ckpt", end_second.step()).ok());
}

TEST_F(TrainerProgram, StopsAtOnceWhileItsPeersAreNotThere) {
  RunningTrainer trainer;
  const std::vector<Member> members = {{"one", trainer.PeerAddress(), {}},
                                       {"two", "127.0.0.1:1", {}}};
  trainer.Assign(Assignment(1, 0, members));
  trainer.WaitForState(1, State::STATE_FORMING);
  trainer.Stop(1, v1::StopOrder::MODE_NOW);
  EXPECT_FALSE(trainer.WaitForState(1, State::STATE_STOPPED).holds_state());
}

TEST_F(TrainerProgram, ANewerAssignmentTakesTheRunningOnesPlace) {
  steps_ = 1000000;
  RunningTrainer trainer;
  trainer.Assign(Assignment(1, 0, {{"one", trainer.PeerAddress(), {}}}));
  const auto running = trainer.WaitFor([](const auto& report) { return report.step() >= 1; });
  trainer.Assign(Assignment(2, 0, {{"one", trainer.PeerAddress(), {}}}));
  const auto next = trainer.WaitForState(2, State::STATE_RUNNING);
  EXPECT_GE(next.step(), running.step());
}

TEST_F(TrainerProgram, AMissingDatasetIsAFailureWithAReason) {
  RunningTrainer trainer;
  auto assignment = Assignment(1, 0, {{"one", trainer.PeerAddress(), {}}});
  assignment.mutable_spec()->set_dataset(scratch_ / "nothing");
  trainer.Assign(assignment);
  EXPECT_THAT(trainer.WaitForState(1, State::STATE_FAILED).reason(),
              HasSubstr("this worker cannot read the dataset"));
}

TEST_F(TrainerProgram, TwoProcessesOfOneMachineAreOfOneNumericClass) {
  RunningTrainer one, other;
  EXPECT_THAT(one.NumericClass(), HasSubstr("cpu/"));
  EXPECT_EQ(one.NumericClass(), other.NumericClass());
}

TEST_F(TrainerProgram, AMissingCheckpointThatTheCoordinatorKnowsIsAFailureWithAReason) {
  RunningTrainer trainer;
  auto assignment = Assignment(1, 0, {{"one", trainer.PeerAddress(), {}}});
  assignment.set_checkpoint_step(500);
  trainer.Assign(assignment);
  EXPECT_THAT(trainer.WaitForState(1, State::STATE_FAILED).reason(),
              HasSubstr("holds no checkpoint, but the job has one of step 500"));
}

TEST_F(TrainerProgram, SignalsAreTheAgentsBusiness) {
  RunningTrainer trainer;
  const std::string address = trainer.PeerAddress();
  ASSERT_EQ(::kill(trainer.process().pid(), SIGTERM), 0);
  ASSERT_EQ(::kill(trainer.process().pid(), SIGINT), 0);
  trainer.Assign(Assignment(1, 0, {{"one", address, {}}}));
  trainer.WaitForState(1, State::STATE_FINISHED);
}

}  // namespace
}  // namespace gvsl::trainer
