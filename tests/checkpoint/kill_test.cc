// A process that writes checkpoints is killed with SIGKILL at random moments.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "tests/checkpoint/checkpoint_fixture.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::checkpoint {
namespace {

// To start a program with a sanitizer's shadow memory takes half a second.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kKills = 60;
#else
constexpr int kKills = 220;
#endif

struct Writer {
  pid_t pid = -1;
  int output = -1;
};

Writer Start(const std::string& directory) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  std::string program = GVSL_CHECKPOINT_WRITER;
  std::string argument = directory;
  char* arguments[] = {program.data(), argument.data(), nullptr};
  Writer writer;
  if (::posix_spawn(&writer.pid, program.c_str(), &actions, nullptr, arguments, environ) != 0) {
    writer.pid = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  writer.output = ends[0];
  return writer;
}

// The last step that the process had said was durable; reads until the process is gone.
std::uint64_t LastAnswered(int output) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(output, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  const std::size_t end = text.find_last_of('\n');
  if (end == std::string::npos || end == 0) return 0;
  const std::size_t begin = text.find_last_of('\n', end - 1);
  return std::stoull(text.substr(begin == std::string::npos ? 0 : begin + 1));
}

TEST(Kill, ACheckpointIsCompleteOrAbsentAfterSigkillAtRandomMoments) {
  const testing::TemporaryDirectory scratch;
  const std::string directory = scratch / "ckpt";
  std::mt19937_64 random(20261123);
  std::uint64_t answered = 0;
  int interrupted_writes = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    const Writer writer = Start(directory);
    ASSERT_GT(writer.pid, 0);
    // Every fourth lives until it has written a checkpoint, however slow the disk is.
    if (kill % 4 == 0) {
      pollfd ready{writer.output, POLLIN, 0};
      ASSERT_EQ(::poll(&ready, 1, 20000), 1);
    }
    const auto life = std::chrono::microseconds(2000 + random() % (kill % 4 == 0 ? 20000 : 60000));
    const timespec time{0, std::chrono::nanoseconds(life).count()};
    ::ppoll(nullptr, 0, &time, nullptr);
    ASSERT_EQ(::kill(writer.pid, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(writer.pid, &status, 0), writer.pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer failed by itself: " << WEXITSTATUS(status);
    answered = std::max(answered, LastAnswered(writer.output));
    ::close(writer.output);

    const auto steps = ListCheckpointSteps(PosixFileSystem(), directory);
    ASSERT_TRUE(steps.ok());
    if (steps->empty()) {
      ASSERT_EQ(answered, 0u);
      continue;
    }
    ASSERT_GE(steps->back(), answered);
    for (const std::uint64_t step : *steps) {
      const auto manifest = VerifyCheckpoint(PosixFileSystem(), directory, step);
      ASSERT_TRUE(manifest.ok()) << "kill " << kill << ": " << manifest.status();
    }
    const auto newest = ReadCheckpointManifest(PosixFileSystem(), directory, steps->back());
    const Status lineage = VerifyLineage(PosixFileSystem(), directory, *newest);
    ASSERT_TRUE(lineage.ok()) << "kill " << kill << ": " << lineage;
    const auto names = PosixFileSystem().List(directory);
    interrupted_writes += std::any_of(names->begin(), names->end(), [](const std::string& name) {
      return name.starts_with(".");
    });
  }
  EXPECT_GE(answered, kKills / 4u) << "the writer never got far";
  EXPECT_GT(interrupted_writes, kKills / 10) << "the kills did not hit the writes";
  RecordProperty("kills", kKills);
  RecordProperty("interrupted_writes", interrupted_writes);
}

}  // namespace
}  // namespace gvsl::checkpoint
