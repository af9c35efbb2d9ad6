#include "data_loader/shard_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "common/fault_file_system.h"
#include "common/sha256.h"
#include "data_loader/cache_room.h"

namespace gvsl::data_loader {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kCache[] = "/local/cache";
constexpr std::size_t kBytes = 1000;

class ShardCacheTest : public ::testing::Test {
 protected:
  ShardCacheTest() {
    EXPECT_TRUE(files_.CreateDirectories("/far").ok());
    for (const char letter : {'a', 'b', 'c'}) Write(letter, std::string(kBytes, letter));
  }

  static std::string Source(char letter) { return std::string("/far/") + letter; }
  void Write(char letter, const std::string& bytes) {
    EXPECT_TRUE(WriteFileDurably(files_, Source(letter), bytes).ok());
  }
  static Content Of(char letter) { return {Sha256Hex(std::string(kBytes, letter)), kBytes}; }
  static std::string Path(char letter) { return CachedPath(kCache, Of(letter)); }

  ShardCache Cache(std::uint64_t limit = 10 * kBytes) {
    return ShardCache(files_, clock_, kCache, limit);
  }
  StatusOr<std::unique_ptr<ReadableFile>> Get(ShardCache& cache, char letter) {
    return cache.Get(Of(letter), Source(letter), {});
  }
  void ExpectGets(ShardCache& cache, char letter) {
    const auto file = Get(cache, letter);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ((*file)->bytes(), std::string(kBytes, letter));
  }
  // Whole shards by letter, and the names of everything else but the lock.
  std::vector<std::string> Inside() {
    std::map<std::string, std::string> letters;
    for (const char letter : {'a', 'b', 'c'}) letters[Of(letter).sha256] = letter;
    std::vector<std::string> names;
    const std::vector<std::string> listed = *files_.List(kCache);
    for (const std::string& name : listed) {
      if (name != "lock") names.push_back(letters.contains(name) ? letters[name] : name);
    }
    return names;
  }

  FaultFileSystem files_;
  FakeClock clock_;
};

TEST_F(ShardCacheTest, ReadsTheSourceOnce) {
  ShardCache cache = Cache();
  ExpectGets(cache, 'a');
  files_.FailReads("/far", UnavailableError("gone"));
  ExpectGets(cache, 'a');
  ShardCache of_another_process = Cache();
  ExpectGets(of_another_process, 'a');
  EXPECT_EQ(cache.counts().misses, 1u);
  EXPECT_EQ(cache.counts().hits, 1u);
  EXPECT_EQ(cache.counts().copied_bytes, kBytes);
  EXPECT_EQ(of_another_process.counts().hits, 1u);
  EXPECT_THAT(Inside(), ElementsAre("a"));
}

TEST_F(ShardCacheTest, EvictsWhatWasUsedLongestAgo) {
  ShardCache cache = Cache(2 * kBytes);
  for (const char letter : {'a', 'b', 'a', 'c'}) ExpectGets(cache, letter);
  EXPECT_THAT(Inside(), UnorderedElementsAre("a", "c"));
  EXPECT_EQ(cache.counts().evictions, 1u);
}

TEST_F(ShardCacheTest, NeverEvictsWhatIsInUse) {
  ShardCache cache = Cache(kBytes);
  ShardCache of_another_process = Cache(kBytes);
  auto held = Get(of_another_process, 'a');
  ASSERT_TRUE(held.ok());
  ExpectGets(cache, 'b');  // from its source
  EXPECT_EQ(cache.counts().bypasses, 1u);
  EXPECT_THAT(Inside(), ElementsAre("a"));
  held->reset();
  ExpectGets(cache, 'b');
  EXPECT_THAT(Inside(), ElementsAre("b"));
}

TEST_F(ShardCacheTest, AShardLargerThanTheCacheIsReadFromItsSource) {
  ShardCache cache = Cache(kBytes - 1);
  ExpectGets(cache, 'a');
  EXPECT_EQ(cache.counts().bypasses, 1u);
  EXPECT_THAT(Inside(), IsEmpty());
}

TEST_F(ShardCacheTest, FetchesADamagedCopyAgain) {
  ShardCache cache = Cache();
  ExpectGets(cache, 'a');
  for (const std::string& damaged : {std::string("short"), std::string(kBytes, 'x')}) {
    ASSERT_TRUE(WriteFileDurably(files_, Path('a'), damaged).ok());
    ExpectGets(cache, 'a');
    EXPECT_EQ(*ReadFile(files_, Path('a')), std::string(kBytes, 'a'));
  }
  EXPECT_EQ(cache.counts().refetches, 2u);
  EXPECT_EQ(cache.counts().misses, 1u);
}

TEST_F(ShardCacheTest, ADamagedCopyWhoseSourceIsAwayIsNeverHandedOut) {
  ShardCache cache = Cache();
  ExpectGets(cache, 'a');
  ASSERT_TRUE(WriteFileDurably(files_, Path('a'), std::string(kBytes, 'x')).ok());
  files_.FailReads("/far", Status(StatusCode::kUnknown, "Stale file handle"));
  EXPECT_EQ(Get(cache, 'a').status().code(), StatusCode::kUnavailable);
  files_.FailReads("/far", OkStatus());
  ExpectGets(cache, 'a');
  EXPECT_THAT(Inside(), ElementsAre("a"));
}

TEST_F(ShardCacheTest, TellsADamagedSourceFromOneThatIsAway) {
  ShardCache cache = Cache();
  Write('a', std::string(kBytes, 'x'));
  EXPECT_EQ(Get(cache, 'a').status().code(), StatusCode::kDataLoss);
  Write('a', std::string(kBytes + 1, 'a'));
  EXPECT_EQ(Get(cache, 'a').status().code(), StatusCode::kDataLoss);
  ASSERT_TRUE(files_.RemoveFile(Source('a')).ok());
  EXPECT_EQ(Get(cache, 'a').status().code(), StatusCode::kUnavailable);
  files_.FailReads(Source('b'), PermissionDeniedError("not yours"));
  EXPECT_EQ(Get(cache, 'b').status().code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(Inside(), IsEmpty());
  EXPECT_EQ(cache.counts().bypasses, 0u);
}

TEST_F(ShardCacheTest, WithAFullDiskReadsTheSource) {
  files_.SetCapacity(3 * kBytes + kBytes / 2);
  ShardCache cache = Cache();
  ExpectGets(cache, 'a');
  EXPECT_EQ(cache.counts().bypasses, 1u);
  EXPECT_THAT(Inside(), IsEmpty());
}

TEST_F(ShardCacheTest, GivesTheRightBytesWhereverItsDiskFailsOrItsProcessDies) {
  std::uint64_t operations = 0;
  for (std::uint64_t death = 0;; ++death) {
    ASSERT_TRUE(files_.RemoveTree("/local").ok());
    ASSERT_TRUE(files_.CreateDirectories("/local").ok());
    ASSERT_TRUE(files_.SyncDirectory("/").ok());
    ASSERT_TRUE(files_.SyncDirectory("/far").ok());
    ShardCache cache = Cache(2 * kBytes);
    const std::uint64_t before = files_.operations();
    files_.DieAfter(death);
    for (const char letter : {'a', 'b', 'c'}) ExpectGets(cache, letter);
    operations = files_.operations() - before;
    files_.LosePower();
    ShardCache afterwards = Cache(2 * kBytes);
    for (const char letter : {'c', 'b', 'a'}) ExpectGets(afterwards, letter);
    EXPECT_EQ(afterwards.counts().bypasses, 0u) << "after " << death << " operations";
    EXPECT_THAT(Inside(), UnorderedElementsAre("a", "b")) << "after " << death << " operations";
    if (operations < death) break;
  }
  EXPECT_GT(operations, 20u);
}

TEST_F(ShardCacheTest, RemovesWhatKilledProcessesLeftAndKeepsRoomForThoseThatLive) {
  ASSERT_TRUE(files_.CreateDirectories(kCache).ok());
  const auto begin_copy = [&](char letter) {
    auto lock = files_.TryLock(FetchLockPath(kCache, Of(letter)), LockMode::kExclusive);
    EXPECT_TRUE(WriteFileDurably(files_, AsidePath(kCache, Of(letter)), "half").ok());
    return lock;
  };
  begin_copy('a') = AbortedError("");  // and dies
  auto alive = begin_copy('b');
  ShardCache small = Cache(kBytes + kBytes / 2);
  ExpectGets(small, 'c');
  EXPECT_EQ(small.counts().bypasses, 1u);  // b's copy needs the room
  EXPECT_EQ(Inside().size(), 2u);
  alive = AbortedError("");
  ExpectGets(small, 'c');
  EXPECT_EQ(small.counts().bypasses, 1u);
  EXPECT_THAT(Inside(), ElementsAre("c"));
}

TEST_F(ShardCacheTest, WaitsForNobodyForEver) {
  ASSERT_TRUE(files_.CreateDirectories(kCache).ok());
  const auto stuck = files_.TryLock(FetchLockPath(kCache, Of('a')), LockMode::kExclusive);
  ShardCache cache = Cache();
  ExpectGets(cache, 'a');
  EXPECT_EQ(cache.counts().bypasses, 1u);
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(cache.Get(Of('a'), Source('a'), source.get_token()).status().code(),
            StatusCode::kCancelled);
}

TEST_F(ShardCacheTest, ManyThreadsCopyOnceEach) {
  SystemClock clock;
  ShardCache one(files_, clock, kCache, 10 * kBytes);
  ShardCache other(files_, clock, kCache, 10 * kBytes);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&, thread] {
      for (const char letter : {'a', 'b', 'c'}) ExpectGets(thread % 2 == 0 ? one : other, letter);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(one.counts().copied_bytes + other.counts().copied_bytes, 3 * kBytes);
  EXPECT_THAT(Inside(), UnorderedElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace gvsl::data_loader
