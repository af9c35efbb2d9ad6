#include "common/checkpoint_directory.h"

#include <gtest/gtest.h>

#include "common/fault_file_system.h"
#include "common/sha256.h"

namespace gvsl {
namespace {

CheckpointManifest Manifest(const std::string& uid, std::uint64_t step) {
  CheckpointManifest manifest;
  manifest.job_uid = uid;
  manifest.job_name = "heads";
  manifest.step = step;
  manifest.seed = 7;
  manifest.method = "gvsl";
  manifest.width = 8;
  manifest.slots = 4;
  manifest.batch_per_slot = 2;
  manifest.threads = 1;
  manifest.dataset_sha256 = "d5";
  manifest.numeric_class = "cpu/avx2/torch-2.11.0";
  manifest.version = "0.1.0";
  manifest.lineage_sha256 = "11";
  manifest.time = "2026-11-23T14:50:01Z";
  manifest.files["model.safetensors"] = {3, Sha256Hex("abc")};
  manifest.files["optimizer.safetensors"] = {2, Sha256Hex("de")};
  return manifest;
}

void WriteCheckpoint(FileSystem& files, const CheckpointManifest& manifest) {
  const std::string path = "/ckpt/" + CheckpointName(manifest.step);
  ASSERT_TRUE(files.CreateDirectories(path).ok());
  ASSERT_TRUE(WriteFileDurably(files, path + "/model.safetensors", "abc").ok());
  ASSERT_TRUE(WriteFileDurably(files, path + "/optimizer.safetensors", "de").ok());
  ASSERT_TRUE(WriteFileDurably(files, path + "/manifest.json", ToJson(manifest)).ok());
}

TEST(CheckpointDirectory, NamesSortAsTheirSteps) {
  EXPECT_EQ(CheckpointName(500), "step-000000500");
  EXPECT_EQ(LineageName(0, 500), "lineage-000000000-000000500.safetensors");
}

TEST(CheckpointDirectory, ManifestSurvivesJson) {
  const CheckpointManifest written = Manifest("uid-1", 500);
  const auto read = ParseCheckpointManifest(ToJson(written));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), ToJson(written));
  EXPECT_EQ(read->WeightsSha256(), Sha256Hex("abc"));
  EXPECT_EQ(read->TotalBytes(), 5u);
}

TEST(CheckpointDirectory, DamagedManifestIsDataLossAndNeverThrows) {
  for (const std::string text :
       {"", "[]", "{}", "{\"format_version\": \"one\"}", "{\"format_version\": 1, \"step\": -1}"}) {
    EXPECT_EQ(ParseCheckpointManifest(text).status().code(), StatusCode::kDataLoss) << text;
  }
  CheckpointManifest future = Manifest("uid-1", 500);
  future.format_version = 2;
  EXPECT_EQ(ParseCheckpointManifest(ToJson(future)).status().code(), StatusCode::kDataLoss);
}

TEST(CheckpointDirectory, MissingDirectoryHoldsNoCheckpoints) {
  FaultFileSystem files;
  const auto steps = ListCheckpointSteps(files, "/nowhere");
  ASSERT_TRUE(steps.ok());
  EXPECT_TRUE(steps->empty());
}

TEST(CheckpointDirectory, ListsStepsAscendingAndNothingElse) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 1000));
  WriteCheckpoint(files, Manifest("uid-1", 20));
  ASSERT_TRUE(files.CreateDirectories("/ckpt/.step-000000030.tmp-1").ok());
  ASSERT_TRUE(files.CreateDirectories("/ckpt/step-12").ok());
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/" + LineageName(0, 20), "x").ok());
  const auto steps = ListCheckpointSteps(files, "/ckpt");
  ASSERT_TRUE(steps.ok());
  EXPECT_EQ(*steps, (std::vector<std::uint64_t>{20, 1000}));
}

TEST(CheckpointDirectory, VerifyNamesTheDamagedFile) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  EXPECT_TRUE(VerifyCheckpoint(files, "/ckpt", 20).ok());
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/step-000000020/optimizer.safetensors", "dX").ok());
  const auto other_bytes = VerifyCheckpoint(files, "/ckpt", 20);
  EXPECT_EQ(other_bytes.status().code(), StatusCode::kDataLoss);
  EXPECT_NE(other_bytes.status().message().find("optimizer.safetensors"), std::string::npos);
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/step-000000020/model.safetensors", "ab").ok());
  const auto short_file = VerifyCheckpoint(files, "/ckpt", 20);
  EXPECT_NE(short_file.status().message().find("model.safetensors"), std::string::npos);
  ASSERT_TRUE(files.RemoveFile("/ckpt/step-000000020/model.safetensors").ok());
  EXPECT_EQ(VerifyCheckpoint(files, "/ckpt", 20).status().code(), StatusCode::kDataLoss);
}

TEST(CheckpointDirectory, ManifestOfAnotherStepIsDataLoss) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  ASSERT_TRUE(files.Rename("/ckpt/step-000000020", "/ckpt/step-000000021").ok());
  EXPECT_EQ(VerifyCheckpoint(files, "/ckpt", 21).status().code(), StatusCode::kDataLoss);
}

TEST(CheckpointDirectory, AnotherJobsCheckpointsAreRefusedByName) {
  FaultFileSystem files;
  EXPECT_TRUE(CheckCheckpointOwner(files, "/ckpt", "uid-1").ok());
  WriteCheckpoint(files, Manifest("uid-1", 20));
  EXPECT_TRUE(CheckCheckpointOwner(files, "/ckpt", "uid-1").ok());
  const Status refused = CheckCheckpointOwner(files, "/ckpt", "uid-2");
  EXPECT_EQ(refused.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("heads (uid-1)"), std::string::npos);
}

}  // namespace
}  // namespace gvsl
