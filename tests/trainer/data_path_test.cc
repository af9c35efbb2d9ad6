// How samples reach the step loop: read ahead, through a cache, or from a dataset that goes away.
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <new>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include "data_loader/shard_cache.h"
#include "tests/trainer/gang_fixture.h"

namespace gvsl::trainer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DataPath : public GangTest {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    job_.slots = 3;
    job_.steps = 6;
    MakeDataset(7, {9, 10, 11}, 2);
  }

  std::unique_ptr<SampleSource> Open(const DataOptions& options = {}) {
    auto source = SampleSource::Open(files_, job_, options);
    EXPECT_TRUE(source.ok()) << source.status();
    return *std::move(source);
  }
  std::string Shard(std::size_t shard) const { return "/dataset/" + dataset_.shards[shard].file; }

  Attendance attendance() { return {stop_, observer_, clock_}; }

  StopFlag stop_;
  RecordingObserver observer_;
};

// Something else happens whenever somebody sleeps.
class BusyClock final : public Clock {
 public:
  TimePoint Now() const override { return clock_.Now(); }
  std::chrono::system_clock::time_point WallNow() const override { return clock_.WallNow(); }
  void SleepFor(Duration duration) override {
    clock_.SleepFor(duration);
    if (on_sleep) on_sleep();
  }
  std::function<void()> on_sleep;

 private:
  FakeClock clock_;
};

void ExpectSame(const SlotBatch& one, const SlotBatch& other) {
  EXPECT_EQ(one.volumes, other.volumes);
  ASSERT_EQ(one.samples.size(), other.samples.size());
  for (std::size_t item = 0; item < one.samples.size(); ++item) {
    EXPECT_TRUE(one.samples[item].a.equal(other.samples[item].a));
    EXPECT_TRUE(one.samples[item].b.equal(other.samples[item].b));
  }
}

TEST_F(DataPath, SamplesAreTheSameReadAheadOrThroughACache) {
  job_.patch = {5, 6, 7};
  job_.batch_per_slot = 2;
  data_loader::ShardCache cache(files_, clock_, "/cache", dataset_.shards[0].bytes * 2);
  const auto plain = Open();
  const auto ahead = Open();
  const auto cached = Open({.cache = &cache});
  ahead->BeginGeneration({0, 2}, attendance());
  cached->BeginGeneration({0, 2}, attendance());
  for (std::uint64_t step = 0; step < 6; ++step) {
    for (const int slot : {0, 2}) {
      const SlotBatch expected = *plain->Next(step, slot);
      ExpectSame(*ahead->Next(step, slot), expected);
      ExpectSame(*cached->Next(step, slot), expected);
    }
  }
  // In any order: another generation begins where the source's state is.
  ExpectSame(*ahead->Next(1, 2), *plain->Next(1, 2));
  ahead->EndGeneration();
  ahead->BeginGeneration({1}, attendance());
  ExpectSame(*ahead->Next(3, 1), *plain->Next(3, 1));
  EXPECT_GT(cache.counts().copied_bytes, 0u);
}

TEST_F(DataPath, WeightsAreTheSameWithACacheThatIsTooSmall) {
  const std::string plain = Train(2);
  data_loader::ShardCache cache(files_, clock_, "/cache", dataset_.shards[0].bytes + 1);
  data_.cache = &cache;
  EXPECT_EQ(Train(2), plain);
  EXPECT_GT(cache.counts().misses + cache.counts().hits, 0u);
}

TEST_F(DataPath, AnErrorIsDeliveredWhenTheSampleIsAskedForAndNotBefore) {
  job_.slots = 1;
  job_.steps = 8;
  const auto source = Open();
  const auto plain = Open();
  // The first sample that needs the damaged shard.
  std::string bytes = *ReadFile(files_, Shard(3));
  bytes.back() ^= 1;
  std::uint64_t damaged_at = 0;
  ASSERT_TRUE(WriteFileDurably(files_, Shard(3), bytes).ok());
  while (damaged_at < job_.steps && plain->Next(damaged_at, 0).ok()) ++damaged_at;
  ASSERT_LT(damaged_at, job_.steps);
  source->BeginGeneration({0}, attendance());
  for (std::uint64_t step = 0; step < damaged_at; ++step) EXPECT_TRUE(source->Next(step, 0).ok());
  for (int time = 0; time < 2; ++time) {
    const Status status = source->Next(damaged_at, 0).status();
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_THAT(status.message(), HasSubstr(Shard(3)));
  }
}

TEST_F(DataPath, ADatasetThatGoesAwayIsWaitedForAndSaidToBeAway) {
  const auto source = Open();
  source->BeginGeneration({0, 1}, attendance());
  files_.FailReads("/dataset", Status(StatusCode::kUnknown, "Stale file handle"));
  int asked = 0;
  observer_.on_activity = [&](Activity activity) {
    EXPECT_EQ(activity, Activity::kReading);
    if (++asked == 5) files_.FailReads("/dataset", OkStatus());
  };
  const auto begin = clock_.Now();
  const auto batch = source->Next(0, 0);
  ASSERT_TRUE(batch.ok()) << batch.status();
  ExpectSame(*batch, *Open()->Next(0, 0));
  EXPECT_EQ(asked, 5);
  EXPECT_GE(clock_.Now() - begin, std::chrono::seconds(5));
  ASSERT_EQ(observer_.notices.size(), 2u);
  EXPECT_THAT(observer_.notices[0], HasSubstr("the dataset is away"));
  EXPECT_THAT(observer_.notices[1], HasSubstr("the dataset is back after 5 s"));
  EXPECT_TRUE(observer_.data.front().away);
  EXPECT_FALSE(observer_.data.back().away);
  EXPECT_GE(observer_.data.back().wait_seconds, 5);
}

TEST_F(DataPath, PatienceEndsByName) {
  const auto source = Open({.patience = std::chrono::seconds(20)});
  source->BeginGeneration({0}, attendance());
  files_.FailReads("/dataset", NotFoundError("no such file"));
  const Status status = source->Next(0, 0).status();
  EXPECT_EQ(status.code(), StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("the dataset was away for 20 s: /dataset/shard-"));
  EXPECT_FALSE(observer_.data.back().away);
}

TEST_F(DataPath, AShardThatIsBeingWrittenIsNotDamagedButAway) {
  const std::string whole = *ReadFile(files_, Shard(1));
  std::size_t written = whole.size() / 2;
  const auto write = [&] {
    written = std::min(whole.size(), written + whole.size() / 500);
    EXPECT_TRUE(WriteFileDurably(files_, Shard(1), whole.substr(0, written)).ok());
  };
  write();
  BusyClock clock;
  clock.on_sleep = write;
  const auto source = Open({.ahead_bytes = 0});
  source->BeginGeneration({0}, {stop_, observer_, clock});
  EXPECT_TRUE(source->CheckAtSource(1).ok());
  EXPECT_EQ(written, whole.size());
  ASSERT_EQ(observer_.notices.size(), 2u);
  EXPECT_THAT(observer_.notices[0], HasSubstr("a file of it is being written"));
}

TEST_F(DataPath, AShardThatIsCutShortAndStaysSoIsDamaged) {
  const std::string whole = *ReadFile(files_, Shard(1));
  ASSERT_TRUE(WriteFileDurably(files_, Shard(1), whole.substr(0, whole.size() / 2)).ok());
  const auto source = Open({.ahead_bytes = 0});
  source->BeginGeneration({0}, attendance());
  const auto begin = clock_.Now();
  EXPECT_EQ(source->CheckAtSource(1).code(), StatusCode::kDataLoss);
  EXPECT_EQ(clock_.Now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(observer_.notices.empty());
}

TEST_F(DataPath, AStopEndsTheWaitForADatasetThatIsAway) {
  const auto source = Open();
  source->BeginGeneration({0}, attendance());
  files_.FailReads("/dataset", NotFoundError("no such file"));
  observer_.on_activity = [&](Activity) { stop_.Raise(StopVote::kNow); };
  EXPECT_EQ(source->Next(0, 0).status().code(), StatusCode::kAborted);
  source->EndGeneration();
}

TEST_F(DataPath, AJobWhoseDatasetGoesAwayAndComesBackEndsWithTheSameWeights) {
  const std::string undisturbed = Train(2);
  data_.ahead_bytes = 0;
  job_.checkpoint.directory = "/ckpt-away";
  auto workers = NewWorkers(2);
  std::atomic<int> asked = 0;
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 1) files_.FailReads("/dataset", Status(StatusCode::kUnknown, "EIO"));
  };
  for (auto& worker : workers) {
    worker->observer.on_data = [&](const DataUse& use) {
      if (use.away && ++asked == 4) files_.FailReads("/dataset", OkStatus());
    };
  }
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), undisturbed);
  EXPECT_GE(asked, 4);
}

TEST_F(DataPath, ReadsWhatComesNextWhileNobodyAsks) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::pair<int, int>> read;
  BatchAhead ahead({1, 4}, 3, [&](std::uint64_t step, int slot, const std::stop_token&) {
    const std::lock_guard lock(mutex);
    read.emplace_back(static_cast<int>(step), slot);
    changed.notify_all();
    return SlotBatch{{}, {slot}};
  });
  const auto goes_on = [] { return true; };
  const auto await = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return read.size() >= count; });
  };
  EXPECT_THAT(ahead.Take(0, 1, goes_on)->volumes, ElementsAre(1));
  await(3);
  EXPECT_THAT(ahead.Take(0, 4, goes_on)->volumes, ElementsAre(4));
  EXPECT_THAT(ahead.Take(1, 1, goes_on)->volumes, ElementsAre(1));
  await(5);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(read, ElementsAre(std::pair(0, 1), std::pair(0, 4), std::pair(1, 1), std::pair(1, 4),
                                std::pair(2, 1)));
}

TEST_F(DataPath, AnExceptionWhileReadingAheadIsAnError) {
  BatchAhead ahead({0}, 3, [](std::uint64_t, int, const std::stop_token&) -> StatusOr<SlotBatch> {
    throw std::bad_alloc();
  });
  EXPECT_EQ(ahead.Take(0, 0, [] { return true; }).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(DataPath, EndsWhileABatchIsBeingRead) {
  std::binary_semaphore begun(0);
  {
    BatchAhead ahead({0}, 3,
                     [&](std::uint64_t, int, const std::stop_token& stop) -> StatusOr<SlotBatch> {
                       begun.release();
                       while (!stop.stop_requested()) std::this_thread::yield();
                       return CancelledError("told to stop");
                     });
    EXPECT_EQ(ahead.Take(0, 0, [] { return false; }).status().code(), StatusCode::kAborted);
    begun.acquire();
  }
}

}  // namespace
}  // namespace gvsl::trainer
