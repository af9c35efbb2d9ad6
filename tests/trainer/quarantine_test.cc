// Shards that are damaged at their source: the gang leaves them out together, and the weights are
// those of (job, quarantine), whoever computed them and whoever died meanwhile.
#include <algorithm>
#include <cstddef>
#include <latch>
#include <utility>

#include "tests/trainer/gang_fixture.h"
#include "worker/trainer/failure.h"

namespace gvsl::trainer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class QuarantineTest : public GangTest {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    job_.slots = 3;
    job_.steps = 14;
    MakeDataset(24, {4, 4, 4}, 2);
    shard_ = NeededFirstWithin(4, 7);
  }

  // Volumes that every method can use.
  void UseLarger() {
    job_.dataset = "/larger";
    auto manifest = testing::WriteTinyDataset(files_, "/larger", 12, {16, 16, 16}, 2);
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    dataset_ = *std::move(manifest);
    job_.dataset_sha256 = dataset_.sha256;
  }

  std::string PathOf(std::uint32_t shard) const {
    return JoinPath(job_.dataset, dataset_.shards[shard].file);
  }

  void Damage(std::uint32_t shard, FileSystem* files = nullptr) {
    FileSystem& where = files == nullptr ? files_ : *files;
    auto bytes = ReadFile(where, PathOf(shard));
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    if (files == nullptr) whole_[shard] = *bytes;
    bytes->back() = static_cast<char>(bytes->back() ^ 1);
    ASSERT_TRUE(WriteFileDurably(where, PathOf(shard), *bytes).ok());
  }
  void Repair(std::uint32_t shard) {
    ASSERT_TRUE(WriteFileDurably(files_, PathOf(shard), whole_.at(shard)).ok());
  }

  struct Need {
    std::uint64_t step = 0;
    std::uint32_t slot = 0;
  };
  // When the plan first needs a volume of the shard, and for which slot.
  Need FirstNeedOf(std::uint32_t shard) const {
    data_loader::SamplePlanInput input{job_.seed, job_.slots, job_.batch_per_slot, {}, {}};
    for (const auto& one : dataset_.shards) input.shards.push_back(one.volumes);
    for (const auto& volume : dataset_.volumes) input.subjects.push_back(volume.subject);
    auto plan = data_loader::SamplePlan::Create(input);
    for (std::uint64_t step = 0; step < job_.steps; ++step) {
      for (std::uint32_t slot = 0; slot < job_.slots; ++slot) {
        const auto pair = plan->At(step, slot, 0);
        if (IsOf(shard, pair.a) || IsOf(shard, pair.b)) return {step, slot};
      }
    }
    return {job_.steps, 0};
  }
  std::uint64_t FirstNeed(std::uint32_t shard) const { return FirstNeedOf(shard).step; }
  // A shard that the plan needs for the first time in a step of [begin, end).
  std::uint32_t NeededFirstWithin(std::uint64_t begin, std::uint64_t end) const {
    for (std::uint32_t shard = 0; shard < dataset_.shards.size(); ++shard) {
      const std::uint64_t step = FirstNeed(shard);
      if (begin <= step && step < end) return shard;
    }
    ADD_FAILURE() << "there is none";
    return 0;
  }
  bool IsOf(std::uint32_t shard, std::int64_t volume) const {
    return dataset_.volumes[static_cast<std::size_t>(volume)].shard == shard;
  }

  // The first of them dies once all know what is left out, and before the step is committed.
  void RunUntilAllHaveAgreed(const std::vector<std::unique_ptr<TestWorker>>& workers) {
    std::latch agreed(static_cast<std::ptrdiff_t>(workers.size()));
    for (const auto& worker : workers) {
      worker->observer.on_quarantine = [&, first = worker == workers[0]] {
        if (!first) return agreed.count_down();
        agreed.arrive_and_wait();
        workers[0]->stop.Raise(StopVote::kNow);
      };
    }
    RunGang(workers);
    for (const auto& worker : workers) worker->observer.on_quarantine = nullptr;
  }

  Quarantine LastQuarantine() {
    const auto manifest = ReadCheckpointManifest(files_, job_.checkpoint.directory, job_.steps);
    EXPECT_TRUE(manifest.ok()) << manifest.status();
    return manifest.ok() ? manifest->quarantine : Quarantine();
  }
  // Whether no sample of the lineage is of a shard that was left out then.
  void ExpectNoneWasSeen() {
    const auto read = checkpoint::ReadLineage(files_, job_.checkpoint.directory, job_.steps);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->quarantine, LastQuarantine());
    const std::size_t row = std::size_t{2} * job_.slots * job_.batch_per_slot;
    for (const auto& [shard, step] : read->quarantine) {
      for (std::size_t at = step * row; at < read->rows.size(); ++at) {
        EXPECT_FALSE(IsOf(shard, read->rows[at])) << "at step " << at / row;
      }
    }
  }

  std::uint32_t shard_ = 0;
  std::map<std::uint32_t, std::string> whole_;
};

TEST_F(QuarantineTest, IsAgreedOnByAnyNumberOfWorkers) {
  const std::string undamaged = Train(1);
  EXPECT_THAT(LastQuarantine(), IsEmpty());
  const std::uint64_t step = FirstNeed(shard_);
  Damage(shard_);
  const std::string alone = Train(1);
  EXPECT_NE(alone, undamaged);
  EXPECT_EQ(LastQuarantine(), (Quarantine{{shard_, step}}));
  ExpectNoneWasSeen();
  EXPECT_EQ(Train(2), alone);
  EXPECT_EQ(Train(3, {{2}, {0}, {1}}), alone);
  EXPECT_EQ(LastQuarantine(), (Quarantine{{shard_, step}}));
  ExpectNoneWasSeen();
}

TEST_F(QuarantineTest, OfABatchReplacesEachSample) {
  job_.batch_per_slot = 3;
  Damage(shard_);
  Damage(shard_ + 1);
  const std::string alone = Train(1);
  EXPECT_EQ(LastQuarantine().size(), 2U);
  ExpectNoneWasSeen();
  EXPECT_EQ(Train(2), alone);
}

TEST_F(QuarantineTest, NamesTheShardAndTheStepToEveryObserver) {
  Damage(shard_);
  const auto workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  for (const auto& worker : workers) {
    EXPECT_THAT(worker->observer.left_out,
                ElementsAre(LeftOutShard{dataset_.shards[shard_].file, FirstNeed(shard_)}));
    EXPECT_EQ(worker->observer.steps.size(), job_.steps) << "a step counts once";
  }
}

TEST_F(QuarantineTest, HoldsInTheFastClassToo) {
  job_.numerics = Numerics::kFast;
  Damage(shard_);
  for (const int size : {1, 3}) {
    Train(size);
    EXPECT_EQ(LastQuarantine(), (Quarantine{{shard_, FirstNeed(shard_)}}));
    ExpectNoneWasSeen();
  }
}

TEST_F(QuarantineTest, OfAllShardsBeginsWithTheFirstStep) {
  for (std::uint32_t shard = 1; shard < dataset_.shards.size(); ++shard) Damage(shard);
  const std::string alone = Train(1);
  ExpectNoneWasSeen();
  EXPECT_EQ(Train(2), alone);
}

TEST_F(QuarantineTest, ThatLeavesNothingFailsTheJobAndNamesTheShards) {
  for (std::uint32_t shard = 0; shard < dataset_.shards.size(); ++shard) Damage(shard);
  const auto workers = NewWorkers(2);
  for (const auto& end : RunGang(workers)) {
    if (end.ok()) continue;  // the other's abort came first
    EXPECT_EQ(end.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_FALSE(IsOwnTrouble(end.status()));
    EXPECT_THAT(end.status().message(), HasSubstr("no pair of two subjects is left"));
    EXPECT_THAT(end.status().message(), HasSubstr("12 of its 12 shards are damaged"));
  }
  for (std::uint32_t shard = 0; shard < dataset_.shards.size(); ++shard) Repair(shard);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
}

TEST_F(QuarantineTest, IsResumedFromTheCheckpointThoughTheShardIsWholeAgain) {
  const std::uint64_t step = FirstNeed(shard_);
  Damage(shard_);
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-resumed";
  job_.checkpoint.every_steps = step + 1;
  auto workers = NewWorkers(2);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == step + 2) workers[0]->stop.Raise(StopVote::kNow);
  };
  ExpectAll(RunGang(workers), GenerationEnd::kBroken);
  Repair(shard_);
  workers = NewWorkers(3);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(step + 1));
  EXPECT_EQ(workers[2]->observer.left_out.size(), 1U);
  EXPECT_EQ(LastWeights(), expected);
  EXPECT_EQ(LastQuarantine(), (Quarantine{{shard_, step}}));
}

TEST_F(QuarantineTest, VanishesWithTheStepsThatAreTakenBack) {
  const std::string undamaged = Train(1);
  const std::uint64_t step = FirstNeed(shard_);
  Damage(shard_);
  job_.checkpoint.directory = "/ckpt-back";
  job_.checkpoint.every_steps = step - 1;
  auto workers = NewWorkers(1);
  workers[0]->observer.on_quarantine = [&] { workers[0]->stop.Raise(StopVote::kNow); };
  RunGang(workers);
  Repair(shard_);
  workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(step - 1));
  EXPECT_EQ(LastWeights(), undamaged);
  EXPECT_THAT(LastQuarantine(), IsEmpty());
}

// A worker dies after the agreement: it may have committed the step, so that those who live hold to
// it, whatever they would read now. One, two (who then hold the same step) or a joiner.
TEST_F(QuarantineTest, IsKeptByWhoeverSurvivesTheAgreement) {
  const std::uint64_t step = FirstNeed(shard_);
  Damage(shard_);
  const std::string expected = Train(1);
  for (const int size : {2, 3}) {
    for (const bool joined : {false, true}) {
      job_.checkpoint.directory = Concat("/ckpt-survived-", size, joined);
      auto workers = NewWorkers(size);
      RunUntilAllHaveAgreed(workers);
      workers.erase(workers.begin());
      for (const auto& worker : workers) EXPECT_EQ(worker->session->held_step(), step);
      if (joined) workers.insert(workers.begin(), NewWorker());
      Repair(shard_);
      ExpectAll(RunGang(workers), GenerationEnd::kFinished);
      EXPECT_EQ(LastWeights(), expected) << size << " " << joined;
      EXPECT_EQ(LastQuarantine(), (Quarantine{{shard_, step}}));
      Damage(shard_);
    }
  }
}

TEST_F(QuarantineTest, AgreedOnBeforeTheFirstStepReachesEverybody) {
  const std::uint32_t first = NeededFirstWithin(0, 1);
  Damage(first);
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-first";
  auto workers = NewWorkers(2);
  RunUntilAllHaveAgreed(workers);
  workers[0] = NewWorker();
  Repair(first);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), expected);
  EXPECT_EQ(LastQuarantine(), (Quarantine{{first, 0}}));
}

TEST_F(QuarantineTest, ComesFromAJoinerWhereTheOthersHaveReadTheShardLongAgo) {
  job_.steps = 80;
  auto workers = NewWorkers(2);
  workers[1]->dies_at_sum = 16;
  RunGang(workers);
  Damage(shard_);
  workers[1] = NewWorker();
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  LastWeights();
  const Quarantine left_out = LastQuarantine();
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_GE(left_out[0].step, 16U);
  ExpectNoneWasSeen();
}

TEST_F(QuarantineTest, IsNotForAShardThatAnotherReadsWhole) {
  const std::string undamaged = Train(1);
  FaultFileSystem ill;
  ASSERT_TRUE(testing::WriteTinyDataset(ill, "/dataset", 24, {4, 4, 4}, 2).ok());
  Damage(shard_, &ill);
  job_.checkpoint.directory = "/ckpt-ill";
  auto workers = NewWorkers(2);
  workers[1]->session = std::make_unique<JobSession>(
      TrainerEnvironment{ill, clock_, workers[1]->observer, "cpu/test", make_method_, device_},
      job_);
  Slots slots(2);
  for (std::uint32_t slot = 0; slot < job_.slots; ++slot) {
    slots[slot == FirstNeedOf(shard_).slot ? 1 : 0].push_back(static_cast<int>(slot));
  }
  const auto ends = RunGang(workers, slots);
  ASSERT_FALSE(ends[1].ok());
  EXPECT_TRUE(IsOwnTrouble(ends[1].status())) << ends[1].status();
  EXPECT_THAT(ends[1].status().message(), HasSubstr(dataset_.shards[shard_].file));
  ASSERT_TRUE(ends[0].ok());
  EXPECT_EQ(*ends[0], GenerationEnd::kBroken);
  workers.erase(workers.begin() + 1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), undamaged);
  EXPECT_THAT(LastQuarantine(), IsEmpty());
}

TEST_F(QuarantineTest, IsNotForAShardThatIsReadDamagedOnce) {
  const std::string undamaged = Train(1);
  Damage(shard_);
  job_.checkpoint.directory = "/ckpt-once";
  auto workers = NewWorkers(1);
  RecordingObserver& observer = workers[0]->observer;
  const auto samples = static_cast<std::ptrdiff_t>((FirstNeed(shard_) + 1) * job_.slots);
  observer.on_activity = [&](Activity activity) {
    if (activity != Activity::kReading) return;
    const auto readings = std::ranges::count(observer.activities, Activity::kReading);
    if (readings == samples + 1) Repair(shard_);  // before the gang reads it at its source
  };
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), undamaged);
  EXPECT_THAT(LastQuarantine(), IsEmpty());
  ASSERT_EQ(observer.notices.size(), 1U);
  EXPECT_THAT(observer.notices[0], HasSubstr("was read damaged, and then whole"));
}

TEST_F(QuarantineTest, IsNotForAShardThatTheManifestDescribesWrongly) {
  dataset_.volumes[dataset_.shards[shard_].volumes[0]].grid.size = {2, 8, 4};
  dataset_.sha256 = data_loader::DatasetSha256(dataset_);
  job_.dataset_sha256 = dataset_.sha256;
  const std::string manifest = data_loader::ToJson(dataset_);
  ASSERT_TRUE(WriteFileDurably(files_, "/dataset/manifest.json", manifest).ok());
  job_.patch = {4, 4, 4};
  const auto ends = RunGang(NewWorkers(1));
  EXPECT_EQ(ends[0].status().code(), StatusCode::kDataLoss) << ends[0].status();
  EXPECT_THAT(ends[0].status().message(), HasSubstr(dataset_.shards[shard_].file));
}

TEST_F(QuarantineTest, IsNotForADownstreamTaskWhichNamesTheShard) {
  UseLarger();
  job_.task.task = "segment";
  for (std::uint32_t shard = 0; shard < dataset_.shards.size(); ++shard) Damage(shard);
  const auto ends = RunGang(NewWorkers(1));
  EXPECT_EQ(ends[0].status().code(), StatusCode::kDataLoss) << ends[0].status();
  EXPECT_THAT(ends[0].status().message(), HasSubstr("shard-"));
}

TEST_F(QuarantineTest, OfASurveyHasStandInsForItsVolumes) {
  make_method_ = MakeFakeMethod({.survey_period = 3});
  Damage(shard_);
  const std::string alone = Train(1);
  EXPECT_EQ(LastQuarantine(), (Quarantine{{shard_, 0}})) << "all are looked at before step 0";
  ExpectNoneWasSeen();
  EXPECT_EQ(Train(3), alone);
}

TEST_F(QuarantineTest, IsAgreedOnWhileSlotsShare) {
  make_method_ = model::MakeMethod;
  UseLarger();
  job_.method = "simclr";
  job_.steps = 4;
  const std::uint32_t shard = NeededFirstWithin(1, 4);
  Damage(shard);
  const std::string alone = Train(1);
  EXPECT_EQ(LastQuarantine(), (Quarantine{{shard, FirstNeed(shard)}}));
  ExpectNoneWasSeen();
  EXPECT_EQ(Train(2), alone);
}

}  // namespace
}  // namespace gvsl::trainer
