// Processes that share a cache on a real disk, and are killed at random moments.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/shard_cache.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

constexpr int kShards = 12;
constexpr std::size_t kBytes = 300'000;
constexpr std::uint64_t kLimit = 8 * kBytes;

std::string Bytes(int shard) {
  std::string bytes(kBytes, static_cast<char>('a' + shard));
  bytes[shard] = '!';
  return bytes;
}

struct Place {
  std::string source;
  std::string cache;
};

// Takes shards, holds two of them, for ever; ends with 1 when one is wrong.
[[noreturn]] void Work(const Place& place, unsigned seed) {
  SystemClock clock;
  ShardCache cache(PosixFileSystem(), clock, place.cache, kLimit);
  std::mt19937 random(seed);
  std::vector<std::unique_ptr<ReadableFile>> held(2);
  while (true) {
    const int shard = static_cast<int>(random() % kShards);
    const std::string bytes = Bytes(shard);
    auto file = cache.Get({Sha256Hex(bytes), kBytes}, Concat(place.source, "/", shard), {});
    if (!file.ok() || (*file)->bytes() != bytes) ::_exit(1);
    held[random() % held.size()] = *std::move(file);
  }
}

std::uint64_t BytesOfWholeShards(const std::string& directory) {
  std::uint64_t bytes = 0;
  const std::vector<std::string> names = *PosixFileSystem().List(directory);
  for (const std::string& name : names) {
    if (name.size() != 64) continue;
    const auto size = PosixFileSystem().FileSize(JoinPath(directory, name));
    if (size.ok()) bytes += *size;
  }
  return bytes;
}

TEST(ShardCacheProcesses, ThatAreKilledLeaveTheCacheRightAndWithinItsBound) {
  const testing::TemporaryDirectory directory;
  FileSystem& files = PosixFileSystem();
  const Place place = {directory / "far", directory / "cache"};
  ASSERT_TRUE(files.CreateDirectories(place.source).ok());
  ASSERT_TRUE(files.CreateDirectories(place.cache).ok());
  for (int shard = 0; shard < kShards; ++shard) {
    ASSERT_TRUE(WriteFileDurably(files, Concat(place.source, "/", shard), Bytes(shard)).ok());
  }
  std::mt19937 random(1);
  std::vector<pid_t> workers(3, -1);
  for (int kill = 0; kill < 60; ++kill) {
    pid_t& worker = workers[kill % workers.size()];
    if (worker > 0) {
      ::usleep(random() % 15000);
      ASSERT_EQ(::kill(worker, SIGKILL), 0);
      int status = 0;
      ASSERT_EQ(::waitpid(worker, &status, 0), worker);
      EXPECT_TRUE(WIFSIGNALED(status)) << "it got wrong bytes, or an error";
      EXPECT_LE(BytesOfWholeShards(place.cache), kLimit);
    }
    worker = ::fork();
    if (worker == 0) Work(place, static_cast<unsigned>(kill));
  }
  for (const pid_t worker : workers) {
    ::kill(worker, SIGKILL);
    ::waitpid(worker, nullptr, 0);
  }
  // Nobody holds anything now: all of it is used again, and what was left is removed.
  SystemClock clock;
  ShardCache cache(files, clock, place.cache, kLimit);
  for (int shard = 0; shard < kShards; ++shard) {
    const auto file =
        cache.Get({Sha256Hex(Bytes(shard)), kBytes}, Concat(place.source, "/", shard), {});
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->bytes(), Bytes(shard));
  }
  EXPECT_EQ(cache.counts().bypasses, 0u);
  EXPECT_GT(cache.counts().evictions, 0u);
  const auto names = *files.List(place.cache);
  EXPECT_EQ(std::ranges::count_if(names, [](const auto& name) { return name.size() > 64; }), 0);
  EXPECT_LE(BytesOfWholeShards(place.cache), kLimit);
}

}  // namespace
}  // namespace gvsl::data_loader
