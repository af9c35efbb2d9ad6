#include "data_loader/shard_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "common/fault_file_system.h"
#include "common/mapping_guard.h"
#include "data_loader/dataset.h"
#include "data_loader/shard_prefetcher.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/tiny_dataset.h"
#include "tests/support/watched_file_system.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::WatchedFileSystem;
using ::gvsl::testing::WriteTinyDataset;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::array<std::int64_t, 3> kSize = {5, 6, 7};

class ShardStoreTest : public ::testing::Test {
 protected:
  ShardStoreTest() : manifest_(*WriteTinyDataset(disk_, "/set", 8, kSize, 2)) {}

  std::string Path(std::uint32_t shard) const { return "/set/" + manifest_.shards[shard].file; }
  ShardStore Store(FileSystem& files) {
    return ShardStore(files, "/set", manifest_.shards, nullptr);
  }
  void Damage(std::uint32_t shard) {
    std::string bytes = *ReadFile(disk_, Path(shard));
    bytes.back() ^= 1;
    EXPECT_TRUE(WriteFileDurably(disk_, Path(shard), bytes).ok());
  }

  FaultFileSystem disk_;
  const DatasetManifest manifest_;
};

TEST_F(ShardStoreTest, VerifiesAShardOnceWhileSomebodyHoldsIt) {
  std::atomic<int> reads = 0;
  WatchedFileSystem files(disk_, [&](const std::string&) { ++reads; });
  ShardStore store = Store(files);
  {
    const auto one = store.Get(1);
    ASSERT_TRUE(one.ok()) << one.status();
    EXPECT_EQ(*store.Get(1), *one);
    EXPECT_EQ(reads, 1);
  }
  Damage(1);
  EXPECT_EQ(store.Get(1).status().code(), StatusCode::kDataLoss);
}

TEST_F(ShardStoreTest, WhoAsksForTheSameShardWaitsAndNobodyElse) {
  std::binary_semaphore begun(0);
  std::binary_semaphore may_end(0);
  std::atomic<int> reads = 0;
  WatchedFileSystem files(disk_, [&](const std::string& path) {
    if (path != Path(0)) return;
    ++reads;
    begun.release();
    may_end.acquire();
  });
  ShardStore store = Store(files);
  std::vector<StatusOr<SharedShard>> got(2, InternalError(""));
  std::thread first([&] { got[0] = store.Get(0); });
  begun.acquire();
  std::thread second([&] { got[1] = store.Get(0); });
  EXPECT_TRUE(store.Get(1).ok());  // while shard 0 is being verified
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(store.Get(0, stopped.get_token()).status().code(), StatusCode::kCancelled);
  may_end.release();
  first.join();
  second.join();
  ASSERT_TRUE(got[0].ok() && got[1].ok());
  EXPECT_EQ(*got[0], *got[1]);
  EXPECT_EQ(reads, 1);
}

TEST_F(ShardStoreTest, TellsAShardThatIsAwayFromOneThatIsDamaged) {
  ShardStore store = Store(disk_);
  const auto expect = [&](StatusCode code) {
    const Status status = store.Get(2).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(status.message(), HasSubstr(Path(2)));
  };
  for (const Status& away : {NotFoundError("gone"), Status(StatusCode::kUnknown, "Stale handle")}) {
    disk_.FailReads(Path(2), away);
    expect(StatusCode::kUnavailable);
  }
  disk_.FailReads(Path(2), ResourceExhaustedError("too many open files"));
  expect(StatusCode::kResourceExhausted);
  disk_.FailReads(Path(2), OkStatus());
  EXPECT_TRUE(store.Get(2).ok());
  Damage(2);
  expect(StatusCode::kDataLoss);
  ASSERT_TRUE(WriteFileDurably(disk_, Path(2), "short").ok());
  expect(StatusCode::kDataLoss);
}

TEST_F(ShardStoreTest, ReadsASecondTimeBeforeItCallsAShardDamaged) {
  const std::string good = *ReadFile(disk_, Path(0));
  Damage(0);
  int reads = 0;
  WatchedFileSystem files(disk_, [&](const std::string&) {
    if (++reads < 2) return;
    EXPECT_TRUE(WriteFileDurably(disk_, Path(0), good).ok());
  });
  ShardStore store = Store(files);
  EXPECT_TRUE(store.Get(0).ok());
  EXPECT_EQ(reads, 2);
}

TEST(ShardStore, AShardThatIsCutShortWhileItIsMappedIsNoticed) {
  MappingGuard::Install();
  const testing::TemporaryDirectory directory;
  FileSystem& files = PosixFileSystem();
  const auto manifest = *WriteTinyDataset(files, directory / "set", 2, {30, 30, 30}, 1);
  const std::string path = directory / ("set/" + manifest.shards[0].file);
  const std::string good = *ReadFile(files, path);
  const auto dataset = *Dataset::Open(files, directory / "set");
  const VolumeView view = *dataset->Volume(0);
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  EXPECT_EQ(view.voxels.back(), 0);
  EXPECT_FALSE(view.shard->intact());
  EXPECT_EQ(dataset->Volume(0).status().code(), StatusCode::kDataLoss);
  ASSERT_TRUE(WriteFileDurably(files, path, good).ok());
  const auto again = dataset->Volume(0);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->shard->intact());
}

TEST_F(ShardStoreTest, ADatasetKeepsWhatWasTouchedUnlessToldOtherwise) {
  std::atomic<int> reads = 0;
  WatchedFileSystem files(disk_, [&](const std::string&) { ++reads; });
  const auto keeping = *Dataset::Open(files, "/set");
  const auto letting_go = *Dataset::Open(files, "/set", {.keep_shards = false});
  reads = 0;
  for (int time = 0; time < 3; ++time) EXPECT_TRUE(keeping->Volume(0).ok());
  EXPECT_EQ(reads, 1);
  for (int time = 0; time < 3; ++time) EXPECT_TRUE(letting_go->Volume(0).ok());
  EXPECT_EQ(reads, 4);
}

TEST_F(ShardStoreTest, ShardsAreObtainedAheadInTheOrderOfNeedWithinTheBound) {
  std::vector<std::string> read;
  WatchedFileSystem files(disk_, [&](const std::string& path) { read.push_back(path); });
  ShardStore store = Store(files);
  const std::uint64_t bytes = store.BytesOf(3) + store.BytesOf(1) + store.BytesOf(0);
  ShardPrefetcher prefetcher(store, bytes);
  prefetcher.Want({3, 1, 0, 2}, 1);
  prefetcher.Settle();
  EXPECT_THAT(read, ElementsAre(Path(3), Path(1), Path(0)));
  EXPECT_THAT(prefetcher.Held(), ElementsAre(0, 1, 3));
  prefetcher.Want({1, 0, 2}, 1);
  prefetcher.Settle();
  EXPECT_EQ(read.size(), 4u);
  EXPECT_THAT(prefetcher.Held(), ElementsAre(0, 1, 2));
  prefetcher.Want({}, 0);
  EXPECT_THAT(prefetcher.Held(), IsEmpty());
}

TEST_F(ShardStoreTest, WhatIsInUseIsHeldWhateverTheBound) {
  ShardStore store = Store(disk_);
  ShardPrefetcher prefetcher(store, 0);
  prefetcher.Want({2, 3, 1}, 2);
  prefetcher.Settle();
  EXPECT_THAT(prefetcher.Held(), ElementsAre(2, 3));
}

TEST_F(ShardStoreTest, AheadOfNeedAnErrorIsNobodysAndIsTriedAgain) {
  ShardStore store = Store(disk_);
  ShardPrefetcher prefetcher(store, 1'000'000);
  disk_.FailReads("/set", NotFoundError("gone"));
  prefetcher.Want({0, 1}, 1);
  prefetcher.Settle();
  EXPECT_THAT(prefetcher.Held(), IsEmpty());
  disk_.FailReads("/set", OkStatus());
  prefetcher.Want({0, 1}, 1);
  prefetcher.Settle();
  EXPECT_THAT(prefetcher.Held(), ElementsAre(0, 1));
}

TEST_F(ShardStoreTest, AheadOfNeedADamagedShardIsPassedOverAndReadNoMore) {
  Damage(1);
  std::atomic<int> reads = 0;
  WatchedFileSystem files(disk_, [&](const std::string& path) { reads += path == Path(1); });
  ShardStore store = Store(files);
  ShardPrefetcher prefetcher(store, 1'000'000);
  for (int time = 0; time < 3; ++time) {
    prefetcher.Want({0, 1, 2}, 1);
    prefetcher.Settle();
    EXPECT_THAT(prefetcher.Held(), ElementsAre(0, 2));
  }
  EXPECT_EQ(reads, 2);
}

}  // namespace
}  // namespace gvsl::data_loader
