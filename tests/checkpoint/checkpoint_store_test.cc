#include "worker/checkpoint/checkpoint_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/fault_file_system.h"
#include "tests/checkpoint/checkpoint_fixture.h"

namespace gvsl::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CheckpointStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(store_.Prepare(kTestJob).ok()); }

  void Write(std::uint64_t step) {
    const Status status = TrainAndWrite(store_, training_, step);
    ASSERT_TRUE(status.ok()) << status;
  }
  void Damage(std::uint64_t step) {
    const std::string path = "/a/b/ckpt/" + CheckpointName(step) + "/model.safetensors";
    ASSERT_TRUE(WriteFileDurably(files_, path, "damaged").ok());
  }
  std::vector<std::uint64_t> Steps() { return *ListCheckpointSteps(files_, "/a/b/ckpt"); }
  std::size_t Asides() {
    std::size_t count = 0;
    const auto names = files_.List("/a/b/ckpt");
    for (const std::string& name : *names) count += name.starts_with(".") ? 1 : 0;
    return count;
  }

  FaultFileSystem files_;
  FakeClock clock_;
  CheckpointStore store_{files_, clock_, "/a/b/ckpt", {.keep_last = 2, .keep_every = 0}};
  FakeTraining training_;
};

TEST_F(CheckpointStoreTest, WhatWasWrittenIsLoaded) {
  Write(3);
  auto loaded = store_.LoadNewest();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_TRUE(loaded->has_value());
  EXPECT_EQ((*loaded)->manifest.step, 3u);
  const auto weights = (*loaded)->model.Find("a.weight");
  ASSERT_TRUE(weights.ok());
  EXPECT_EQ(weights->As<float>()[0], 1.5f);
  EXPECT_TRUE((*loaded)->optimizer.Find("exp_avg.a.weight").ok());
}

TEST_F(CheckpointStoreTest, EmptyDirectoryHasNothingToLoad) {
  const auto loaded = store_.LoadNewest();
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->has_value());
}

TEST_F(CheckpointStoreTest, WeightsHashDependsOnTheWeightsAlone) {
  training_.TrainTo(3);
  const auto first = store_.Write(training_.Content());
  CheckpointStore elsewhere(files_, clock_, "/elsewhere", {});
  clock_.Advance(std::chrono::hours(5));
  CheckpointContent content = training_.Content();
  content.manifest.job_uid = "uid-2";
  ASSERT_TRUE(elsewhere.Prepare("uid-2").ok());
  const auto second = elsewhere.Write(std::move(content));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->WeightsSha256(), second->WeightsSha256());
  EXPECT_EQ(first->WeightsSha256().size(), 64u);
}

TEST_F(CheckpointStoreTest, RetentionRemovesOldStepsWholly) {
  for (const std::uint64_t step : {1, 2, 3, 4}) Write(step);
  EXPECT_THAT(Steps(), ElementsAre(3, 4));
  EXPECT_FALSE(files_.Exists("/a/b/ckpt/step-000000001"));
  EXPECT_EQ(Asides(), 0u);
}

TEST_F(CheckpointStoreTest, LineageSurvivesTheCheckpointsThatWereRemoved) {
  for (const std::uint64_t step : {1, 2, 3, 4}) Write(step);
  const auto manifest = ReadCheckpointManifest(files_, "/a/b/ckpt", 4);
  ASSERT_TRUE(manifest.ok());
  EXPECT_TRUE(VerifyLineage(files_, "/a/b/ckpt", *manifest).ok());
}

TEST_F(CheckpointStoreTest, WritingTheSameStepAgainChangesNothing) {
  Write(3);
  const auto again = store_.Write(training_.Content());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(Steps(), ElementsAre(3));
  EXPECT_EQ(Asides(), 0u);
}

TEST_F(CheckpointStoreTest, TheSameStepWithOtherWeightsIsAnInternalError) {
  Write(3);
  training_.weight() += 1;
  const auto other = store_.Write(training_.Content());
  EXPECT_EQ(other.status().code(), StatusCode::kInternal);
  EXPECT_TRUE(VerifyCheckpoint(files_, "/a/b/ckpt", 3).ok());
  EXPECT_EQ(Asides(), 0u);
}

TEST_F(CheckpointStoreTest, ADamagedCheckpointIsPassedOverAndNamed) {
  Write(3);
  Write(5);
  Damage(5);
  std::vector<DamagedCheckpoint> damaged;
  const auto loaded = store_.LoadNewest(&damaged);
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  EXPECT_EQ((*loaded)->manifest.step, 3u);
  ASSERT_EQ(damaged.size(), 1u);
  EXPECT_EQ(damaged[0].step, 5u);
  EXPECT_THAT(damaged[0].what, HasSubstr("step-000000005: model.safetensors"));
}

TEST_F(CheckpointStoreTest, ACheckpointThatCannotBeReadNowIsNeitherPassedOverNorReplaced) {
  Write(3);
  Write(5);
  const Status error(StatusCode::kUnknown, "Input/output error");
  for (const char* name : {"", "/manifest.json", "/model.safetensors", "/optimizer.safetensors"}) {
    const std::string path = "/a/b/ckpt/step-000000005" + std::string(name);
    files_.FailReads(path, error);
    EXPECT_EQ(store_.LoadNewest().status().code(), StatusCode::kUnknown) << path;
    EXPECT_EQ(store_.Write(training_.Content()).status().code(), StatusCode::kUnknown) << path;
    files_.FailReads(path, OkStatus());
  }
  EXPECT_TRUE(VerifyCheckpoint(files_, "/a/b/ckpt", 5).ok());
  EXPECT_EQ(Asides(), 0u);
}

TEST_F(CheckpointStoreTest, AWholeCheckpointIsNotWrittenAgain) {
  Write(3);
  files_.SetCapacity(0);
  EXPECT_TRUE(store_.Write(training_.Content()).ok());
}

TEST_F(CheckpointStoreTest, ACheckpointWithoutOptimizerIsDamaged) {
  Write(3);
  Write(5);
  auto manifest = ReadCheckpointManifest(files_, "/a/b/ckpt", 5);
  manifest->files.erase("optimizer.safetensors");
  const std::string path = "/a/b/ckpt/step-000000005/manifest.json";
  ASSERT_TRUE(WriteFileDurably(files_, path, ToJson(*manifest)).ok());
  const auto loaded = store_.LoadNewest();
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  EXPECT_EQ((*loaded)->manifest.step, 3u);
}

TEST_F(CheckpointStoreTest, OnlyDamagedCheckpointsAreDataLossRatherThanANewBeginning) {
  Write(3);
  Damage(3);
  EXPECT_EQ(store_.LoadNewest().status().code(), StatusCode::kDataLoss);
}

TEST_F(CheckpointStoreTest, ADamagedCheckpointIsReplacedWhenItsStepIsWrittenAgain) {
  Write(3);
  Damage(3);
  ASSERT_TRUE(store_.Write(training_.Content()).ok());
  EXPECT_TRUE(VerifyCheckpoint(files_, "/a/b/ckpt", 3).ok());
  EXPECT_EQ(Asides(), 0u);
}

TEST_F(CheckpointStoreTest, LeftoversOfInterruptedWritesAreRemovedAtTheStart) {
  Write(3);
  ASSERT_TRUE(files_.CreateDirectories("/a/b/ckpt/.step-000000005.tmp-7f").ok());
  ASSERT_TRUE(WriteFileDurably(files_, "/a/b/ckpt/." + LineageName(3, 5) + ".tmp-3", "x").ok());
  ASSERT_TRUE(WriteFileDurably(files_, "/a/b/ckpt/notes.txt", "a person's own").ok());
  ASSERT_TRUE(store_.Prepare(kTestJob).ok());
  EXPECT_EQ(Asides(), 0u);
  EXPECT_TRUE(files_.Exists("/a/b/ckpt/notes.txt"));
  EXPECT_THAT(Steps(), ElementsAre(3));
}

TEST_F(CheckpointStoreTest, AnotherJobsDirectoryIsRefused) {
  Write(3);
  EXPECT_EQ(store_.Prepare("uid-2").code(), StatusCode::kFailedPrecondition);
}

TEST_F(CheckpointStoreTest, AFullDiskLeavesThePreviousCheckpointAndNothingAside) {
  Write(3);
  training_.TrainTo(5);
  for (std::uint64_t room = 0; room < 2500; room += 50) {
    std::uint64_t used = 0;
    for (const auto* name : {"model.safetensors", "optimizer.safetensors", "manifest.json"}) {
      used += *files_.FileSize(std::string("/a/b/ckpt/step-000000003/") + name);
    }
    used += *files_.FileSize("/a/b/ckpt/" + LineageName(0, 3));
    files_.SetCapacity(used + room);
    const auto written = store_.Write(training_.Content());
    if (written.ok()) {
      EXPECT_GT(room, 500u);
      break;
    }
    EXPECT_EQ(written.status().code(), StatusCode::kResourceExhausted) << written.status();
    EXPECT_THAT(Steps(), ElementsAre(3));
    EXPECT_EQ(Asides(), 0u);
    EXPECT_TRUE(VerifyCheckpoint(files_, "/a/b/ckpt", 3).ok());
  }
  EXPECT_TRUE(VerifyCheckpoint(files_, "/a/b/ckpt", 5).ok());
}

}  // namespace
}  // namespace gvsl::checkpoint
