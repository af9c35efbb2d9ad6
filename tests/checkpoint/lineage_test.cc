#include "worker/checkpoint/lineage.h"

#include <gtest/gtest.h>

#include "common/fault_file_system.h"
#include "tests/checkpoint/checkpoint_fixture.h"

namespace gvsl::checkpoint {
namespace {

TEST(LineageLog, TrimForgetsPublishedStepsAndKeepsTheChain) {
  FakeTraining whole, trimmed;
  whole.TrainTo(6);
  trimmed.TrainTo(4);
  trimmed.lineage().Trim(3);
  trimmed.TrainTo(6);
  EXPECT_EQ(trimmed.lineage().begin(), 3u);
  EXPECT_EQ(trimmed.lineage().end(), 6u);
  EXPECT_EQ(trimmed.lineage().hash(), whole.lineage().hash());
  trimmed.lineage().Trim(1);
  EXPECT_EQ(trimmed.lineage().begin(), 3u);
  trimmed.lineage().Trim(100);
  EXPECT_EQ(trimmed.lineage().begin(), 6u);
  EXPECT_TRUE(trimmed.lineage().rows().empty());
}

TEST(LineageLog, ViewHasOneRowAStep) {
  FakeTraining training;
  training.TrainTo(3);
  const TensorView view = training.lineage().View(0);
  EXPECT_EQ(view.shape, (std::vector<std::int64_t>{3, 2, 2}));
  EXPECT_EQ(view.As<std::int64_t>()[4], 1);
}

TEST(LineageLog, RowsOfAnotherJobAreRefused) {
  LineageLog log(2, 1);
  EXPECT_EQ(log.Restore(0, "", {1, 2, 3}).code(), StatusCode::kInternal);
}

TEST(Lineage, TilesStopAtAGapAndAtTheLimit) {
  const std::vector<LineageSegment> segments = {{0, 5}, {5, 8}, {5, 9}, {9, 12}, {14, 20}};
  EXPECT_EQ(TiledUpTo(segments, 100), 8u);
  EXPECT_EQ(TiledUpTo(segments, 7), 5u);
  EXPECT_EQ(TiledUpTo({}, 7), 0u);
}

class LineageOnDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(store_.Prepare(kTestJob).ok());
    for (const std::uint64_t step : {4, 7, 9}) {
      ASSERT_TRUE(TrainAndWrite(store_, training_, step).ok());
    }
  }

  FaultFileSystem files_;
  FakeClock clock_;
  CheckpointStore store_{files_, clock_, "/ckpt", {}};
  FakeTraining training_;
};

TEST_F(LineageOnDisk, SegmentsTileAllStepsAndTheChainHolds) {
  const auto read = ReadLineage(files_, "/ckpt", 9);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->rows.size(), 9u * 4);
  for (std::int64_t step = 0; step < 9; ++step) EXPECT_EQ(read->rows[step * 4], step);
  const auto manifest = ReadCheckpointManifest(files_, "/ckpt", 9);
  ASSERT_TRUE(manifest.ok());
  EXPECT_TRUE(VerifyLineage(files_, "/ckpt", *manifest).ok());
}

TEST_F(LineageOnDisk, AnEarlierCheckpointHasItsOwnPrefix) {
  const auto manifest = ReadCheckpointManifest(files_, "/ckpt", 4);
  ASSERT_TRUE(manifest.ok());
  EXPECT_TRUE(VerifyLineage(files_, "/ckpt", *manifest).ok());
}

TEST_F(LineageOnDisk, StepsThatAWriterPublishedBeforeItDiedAreNotPublishedTwice) {
  FakeTraining survivor;
  survivor.TrainTo(7);
  survivor.lineage().Trim(4);
  ASSERT_TRUE(TrainAndWrite(store_, survivor, 12).ok());
  EXPECT_EQ(*ListLineage(files_, "/ckpt"),
            (std::vector<LineageSegment>{{0, 4}, {4, 7}, {7, 9}, {9, 12}}));
  const auto manifest = ReadCheckpointManifest(files_, "/ckpt", 12);
  ASSERT_TRUE(manifest.ok());
  EXPECT_TRUE(VerifyLineage(files_, "/ckpt", *manifest).ok());
}

TEST_F(LineageOnDisk, AGapIsDataLoss) {
  ASSERT_TRUE(files_.RemoveFile("/ckpt/" + LineageName(4, 7)).ok());
  EXPECT_EQ(ReadLineage(files_, "/ckpt", 9).status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(*store_.PublishedLineage(9), 4u);
}

TEST_F(LineageOnDisk, AnotherSampleBreaksTheChain) {
  auto manifest = ReadCheckpointManifest(files_, "/ckpt", 9);
  ASSERT_TRUE(manifest.ok());
  LineageLog other(kTestSlots, 1);
  ASSERT_TRUE(other.Restore(7, "", {7, 8, 9, 10, 8, 9, 10, 12}).ok());
  ASSERT_TRUE(
      WriteSafetensors(files_, "/ckpt/" + LineageName(7, 9), {{"samples", other.View(7)}}).ok());
  EXPECT_EQ(VerifyLineage(files_, "/ckpt", *manifest).code(), StatusCode::kDataLoss);
}

TEST_F(LineageOnDisk, HasWhatWasLeftOutFromWhichStepOn) {
  training_.lineage().LeaveOut(std::vector<std::uint32_t>{6, 2});
  ASSERT_TRUE(TrainAndWrite(store_, training_, 12).ok());
  training_.lineage().LeaveOut(std::vector<std::uint32_t>{3});
  auto manifest = ReadCheckpointManifest(files_, "/ckpt", 12);
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest->quarantine, (Quarantine{{2, 9}, {6, 9}}));
  EXPECT_EQ(ReadLineage(files_, "/ckpt", 12)->quarantine, manifest->quarantine);
  EXPECT_TRUE(VerifyLineage(files_, "/ckpt", *manifest).ok());

  ASSERT_TRUE(TrainAndWrite(store_, training_, 13).ok());
  EXPECT_EQ(ReadLineage(files_, "/ckpt", 13)->quarantine, (Quarantine{{2, 9}, {6, 9}, {3, 12}}));
  EXPECT_TRUE(VerifyLineage(files_, "/ckpt", *ReadCheckpointManifest(files_, "/ckpt", 13)).ok());
  EXPECT_EQ(ReadLineage(files_, "/ckpt", 9)->quarantine, Quarantine());
}

TEST_F(LineageOnDisk, AnotherQuarantineBreaksTheChain) {
  LineageLog without(kTestSlots, 1), with(kTestSlots, 1);
  with.LeaveOut(std::vector<std::uint32_t>{6});
  without.Append(std::vector<std::int64_t>{0, 1, 2, 3});
  with.Append(std::vector<std::int64_t>{0, 1, 2, 3});
  EXPECT_NE(with.hash(), without.hash());

  training_.lineage().LeaveOut(std::vector<std::uint32_t>{6});
  ASSERT_TRUE(TrainAndWrite(store_, training_, 12).ok());
  auto manifest = ReadCheckpointManifest(files_, "/ckpt", 12);
  ASSERT_TRUE(manifest.ok());
  manifest->quarantine = {};
  EXPECT_EQ(VerifyLineage(files_, "/ckpt", *manifest).code(), StatusCode::kDataLoss);
}

TEST_F(LineageOnDisk, GoingOnFromAnEarlierStepForgetsWhatLiesBeyond) {
  ASSERT_TRUE(store_.ForgetLineageBeyond(7).ok());
  EXPECT_EQ(*ListLineage(files_, "/ckpt"), (std::vector<LineageSegment>{{0, 4}, {4, 7}}));
  ASSERT_TRUE(store_.ForgetLineageBeyond(5).ok());
  EXPECT_EQ(*ListLineage(files_, "/ckpt"), (std::vector<LineageSegment>{{0, 4}}));
}

}  // namespace
}  // namespace gvsl::checkpoint
