#include "worker/agent/trainer_process.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

namespace gvsl::agent {
namespace {

// Records what a trainer process says; waits are bounded only so that a defect ends the test.
class Recorder {
 public:
  TrainerCallbacks Callbacks() {
    return {.on_event = [this](const v1::TrainerEvent& event) { Add(events_, event); },
            .on_output = [this](std::string_view line) { Add(lines_, std::string(line)); },
            .on_exit = [this](const std::string& how) { Add(exits_, how); }};
  }
  std::vector<v1::TrainerEvent> WaitForEvents(std::size_t count) { return Wait(events_, count); }
  std::vector<std::string> WaitForLines(std::size_t count) { return Wait(lines_, count); }
  std::string WaitForExit() {
    const auto exits = Wait(exits_, 1);
    return exits.empty() ? "did not end" : exits.front();
  }
  std::vector<std::string> exits() {
    const std::lock_guard lock(mutex_);
    return exits_;
  }

 private:
  template <typename T>
  void Add(std::vector<T>& list, T value) {
    const std::lock_guard lock(mutex_);
    list.push_back(std::move(value));
    changed_.notify_all();
  }
  template <typename T>
  std::vector<T> Wait(std::vector<T>& list, std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return list.size() >= count; });
    return list;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<v1::TrainerEvent> events_;
  std::vector<std::string> lines_;
  std::vector<std::string> exits_;
};

std::unique_ptr<TrainerProcess> Start(Recorder& recorder, std::vector<std::string> command) {
  auto process = TrainerProcess::Start(command, recorder.Callbacks());
  EXPECT_TRUE(process.ok()) << process.status();
  return *std::move(process);
}

TEST(TrainerProcess, EventsAndOutputLinesArrive) {
  Recorder recorder;
  const auto process = Start(recorder, {GVSL_FAKE_TRAINER});
  const auto events = recorder.WaitForEvents(2);
  ASSERT_GE(events.size(), 2U);
  EXPECT_EQ(events[0].numeric_class().name(), "fake/1");
  EXPECT_EQ(events[1].report().state(), v1::TrainerReport::STATE_IDLE);
  const auto lines = recorder.WaitForLines(1);
  ASSERT_GE(lines.size(), 1U);
  EXPECT_EQ(lines[0], "ready");
}

TEST(TrainerProcess, AnExitOrderEndsItWithStatusZero) {
  Recorder recorder;
  const auto process = Start(recorder, {GVSL_FAKE_TRAINER});
  v1::TrainerCommand command;
  command.mutable_exit();
  EXPECT_TRUE(process->Send(command).ok());
  EXPECT_EQ(recorder.WaitForExit(), "exit status 0");
}

TEST(TrainerProcess, ADeathBySignalIsNamed) {
  Recorder recorder;
  const auto process = Start(recorder, {GVSL_FAKE_TRAINER});
  recorder.WaitForEvents(2);
  ASSERT_EQ(::kill(process->pid(), SIGKILL), 0);
  EXPECT_EQ(recorder.WaitForExit(), "signal 9 (Killed)");
  v1::TrainerCommand command;
  command.mutable_exit();
  EXPECT_EQ(process->Send(command).code(), StatusCode::kUnavailable);
}

TEST(TrainerProcess, AStoppedProcessCanBeKilled) {
  Recorder recorder;
  const auto process = Start(recorder, {GVSL_FAKE_TRAINER});
  recorder.WaitForEvents(2);
  ASSERT_EQ(::kill(process->pid(), SIGSTOP), 0);
  process->Kill();
  EXPECT_EQ(recorder.WaitForExit(), "signal 9 (Killed)");
}

TEST(TrainerProcess, AnAbandonedProcessIsKilledAndReapedAndSaysNothingMore) {
  Recorder recorder;
  auto process = Start(recorder, {GVSL_FAKE_TRAINER});
  recorder.WaitForEvents(2);
  const pid_t pid = process->pid();
  process->Abandon();
  process.reset();
  while (::kill(pid, 0) == 0) std::this_thread::yield();
  EXPECT_TRUE(recorder.exits().empty());
}

TEST(TrainerProcess, TerminalSignalsDoNotReachTheTrainer) {
  Recorder recorder;
  const auto process = Start(recorder, {GVSL_FAKE_TRAINER});
  recorder.WaitForEvents(2);
  ASSERT_EQ(::kill(process->pid(), SIGINT), 0);
  ASSERT_EQ(::kill(process->pid(), SIGTERM), 0);
  v1::TrainerCommand command;
  command.mutable_exit();
  EXPECT_TRUE(process->Send(command).ok());
  EXPECT_EQ(recorder.WaitForExit(), "exit status 0");
}

TEST(TrainerProcess, AProgramThatIsNotThereEndsWithStatus127) {
  Recorder recorder;
  const auto process = Start(recorder, {"/nowhere/gvsl-trainer"});
  EXPECT_EQ(recorder.WaitForExit(), "exit status 127");
}

TEST(TrainerProcess, TheChildStaysInTheProcessGroupAndHasOnlyItsDescriptors) {
  Recorder recorder;
  const auto process = Start(
      recorder, {"/bin/sh", "-c", "ps -o pgid= -p $$; ls /proc/self/fd | tr '\\n' ' '; echo"});
  recorder.WaitForExit();
  const auto lines = recorder.WaitForLines(2);
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(std::stoi(lines[0]), ::getpgrp());
  EXPECT_EQ(lines[1], "0 1 2 3 4 ") << "4 is the folder that ls reads";
}

TEST(TrainerProcess, TheLastLineNeedsNoNewline) {
  Recorder recorder;
  const auto process = Start(recorder, {"/bin/sh", "-c", "printf 'a\\nb'"});
  const auto lines = recorder.WaitForLines(2);
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace gvsl::agent
