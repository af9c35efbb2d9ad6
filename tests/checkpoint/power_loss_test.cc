// The process dies at every single operation on the disk, and the power goes with it.
#include <gtest/gtest.h>

#include "common/fault_file_system.h"
#include "tests/checkpoint/checkpoint_fixture.h"

namespace gvsl::checkpoint {
namespace {

constexpr char kDirectory[] = "/ckpt";

// A job that writes three checkpoints, keeping one; gives the last step whose Write was answered.
std::uint64_t WriteThree(FileSystem& files, FakeClock& clock) {
  CheckpointStore store(files, clock, kDirectory, {.keep_last = 1, .keep_every = 0});
  FakeTraining training;
  std::uint64_t answered = 0;
  if (!store.Prepare(kTestJob).ok()) return answered;
  for (const std::uint64_t step : {2, 5, 6}) {
    training.TrainTo(step);
    if (!store.Write(training.Content()).ok()) return answered;
    answered = step;
    training.lineage().Trim(step);
    if (!store.Retain(step).ok()) return answered;
  }
  return answered;
}

// Every name is a whole checkpoint, and nothing that was answered is lost.
void ExpectWhole(FileSystem& files, std::uint64_t answered, std::uint64_t operation) {
  const auto steps = ListCheckpointSteps(files, kDirectory);
  ASSERT_TRUE(steps.ok());
  for (const std::uint64_t step : *steps) {
    const auto manifest = VerifyCheckpoint(files, kDirectory, step);
    ASSERT_TRUE(manifest.ok()) << "operation " << operation << ": " << manifest.status();
    const Status lineage = VerifyLineage(files, kDirectory, *manifest);
    EXPECT_TRUE(lineage.ok()) << "operation " << operation << ": " << lineage;
  }
  if (answered > 0) {
    ASSERT_FALSE(steps->empty()) << "operation " << operation;
    EXPECT_GE(steps->back(), answered) << "operation " << operation;
  }
  if (files.IsDirectory(kDirectory)) {
    const auto names = files.List(kDirectory);
    for (const std::string& name : *names) {
      EXPECT_TRUE(!name.starts_with("step-") ||
                  files.Exists(JoinPath(JoinPath(kDirectory, name), "manifest.json")))
          << "operation " << operation << ": " << name << " has its name and is not complete";
    }
  }
}

TEST(PowerLoss, ACheckpointIsCompleteOrAbsentWhereverTheProcessDies) {
  FakeClock clock;
  FaultFileSystem undisturbed;
  ASSERT_EQ(WriteThree(undisturbed, clock), 6u);
  const std::uint64_t operations = undisturbed.operations();
  ASSERT_GT(operations, 40u);
  for (std::uint64_t operation = 0; operation <= operations; ++operation) {
    FaultFileSystem files;
    files.DieAfter(operation);
    const std::uint64_t answered = WriteThree(files, clock);
    files.LosePower();
    ExpectWhole(files, answered, operation);
  }
}

TEST(PowerLoss, AfterItTheJobGoesOnToTheSameCheckpointAndLineage) {
  FakeClock clock;
  FaultFileSystem undisturbed;
  ASSERT_EQ(WriteThree(undisturbed, clock), 6u);
  const auto expected = VerifyCheckpoint(undisturbed, kDirectory, 6);
  ASSERT_TRUE(expected.ok());
  for (std::uint64_t operation = 0; operation <= undisturbed.operations(); ++operation) {
    FaultFileSystem files;
    files.DieAfter(operation);
    WriteThree(files, clock);
    files.LosePower();

    CheckpointStore store(files, clock, kDirectory, {.keep_last = 1, .keep_every = 0});
    ASSERT_TRUE(store.Prepare(kTestJob).ok());
    const auto loaded = store.LoadNewest();
    ASSERT_TRUE(loaded.ok()) << "operation " << operation << ": " << loaded.status();
    const std::uint64_t begin = loaded->has_value() ? (*loaded)->manifest.step : 0;
    ASSERT_TRUE(store.ForgetLineageBeyond(begin).ok());
    FakeTraining training;
    training.TrainTo(begin);
    training.lineage().Trim(begin);
    ASSERT_TRUE(TrainAndWrite(store, training, 6).ok());
    const auto manifest = VerifyCheckpoint(files, kDirectory, 6);
    ASSERT_TRUE(manifest.ok());
    EXPECT_EQ(manifest->WeightsSha256(), expected->WeightsSha256());
    EXPECT_EQ(manifest->lineage_sha256, expected->lineage_sha256);
    const Status lineage = VerifyLineage(files, kDirectory, *manifest);
    EXPECT_TRUE(lineage.ok()) << "operation " << operation << ": " << lineage;
  }
}

}  // namespace
}  // namespace gvsl::checkpoint
