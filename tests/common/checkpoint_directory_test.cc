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
}

TEST(CheckpointDirectory, AManifestOfALaterFormatIsNoDamage) {
  CheckpointManifest future = Manifest("uid-1", 500);
  future.format_version = 2;
  EXPECT_EQ(ParseCheckpointManifest(ToJson(future)).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST(CheckpointDirectory, AManifestThatNamesOtherFilesThanACheckpointHasIsRefused) {
  for (const std::string name : {"../../secret", "/etc/passwd", "manifest.json", "", "..", "a/b",
                                 "model.safetensors/", "Model.safetensors"}) {
    CheckpointManifest manifest = Manifest("uid-1", 20);
    manifest.files[name] = {3, Sha256Hex("abc")};
    EXPECT_EQ(ParseCheckpointManifest(ToJson(manifest)).status().code(), StatusCode::kDataLoss)
        << name;
  }
}

TEST(CheckpointDirectory, NumbersOfAManifestAreWithinTheirRange) {
  CheckpointManifest manifest = Manifest("uid-1", 20);
  manifest.files["model.safetensors"].bytes = std::uint64_t{1} << 60;
  EXPECT_EQ(ParseCheckpointManifest(ToJson(manifest)).status().code(), StatusCode::kDataLoss);
  const std::string text = ToJson(Manifest("uid-1", 20));
  const auto with = [&](const std::string& old_part, const std::string& new_part) {
    std::string changed = text;
    return changed.replace(changed.find(old_part), old_part.size(), new_part);
  };
  ASSERT_TRUE(ParseCheckpointManifest(with("\"slots\": 4", "\"slots\": 5")).ok());
  for (const std::string slots : {"-4", "4.5", "1e300", "4294967296", "\"4\"", "null", "[4]"}) {
    const auto parsed = ParseCheckpointManifest(with("\"slots\": 4", "\"slots\": " + slots));
    EXPECT_EQ(parsed.status().code(), StatusCode::kDataLoss) << slots;
  }
  for (const std::string key : {"\"classes\": 0", "\"best_step\": 0"}) {
    ASSERT_NE(text.find(key), std::string::npos) << key;
    const auto parsed =
        ParseCheckpointManifest(with(key, key.substr(0, key.size() - 1) + "7.5e40"));
    EXPECT_EQ(parsed.status().code(), StatusCode::kDataLoss) << key;
  }
}

TEST(CheckpointDirectory, AManifestWithoutEndIsDamage) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  const std::string endless(std::size_t{2} << 20, ' ');
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/step-000000020/manifest.json",
                               ToJson(Manifest("uid-1", 20)) + endless)
                  .ok());
  EXPECT_EQ(ReadCheckpointManifest(files, "/ckpt", 20).status().code(), StatusCode::kDataLoss);
}

TEST(CheckpointDirectory, ADirectoryThatCannotBeReadIsNotEmpty) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  const Status stale(StatusCode::kUnknown, "Stale file handle");
  for (const char* path : {"/ckpt", "/ckpt/step-000000020/manifest.json"}) {
    files.FailReads(path, stale);
    EXPECT_EQ(ListCheckpointSteps(files, "/ckpt").status().code(), StatusCode::kUnknown) << path;
    files.FailReads(path, OkStatus());
  }
  EXPECT_EQ(ListCheckpointSteps(files, "/ckpt")->size(), 1u);
}

TEST(CheckpointDirectory, AFileThatCannotBeReadIsNotDamaged) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  files.FailReads("/ckpt/step-000000020/optimizer.safetensors",
                  Status(StatusCode::kUnknown, "Input/output error"));
  EXPECT_EQ(VerifyCheckpoint(files, "/ckpt", 20).status().code(), StatusCode::kUnknown);
}

TEST(CheckpointDirectory, NamesThatAreNotQuiteOursAreNobodys) {
  EXPECT_EQ(ParseCheckpointName("step-000000500"), 500u);
  for (const char* name : {"step-500", "step-0000000500", "step-00000050x", "step-000000500 ",
                           "step--00000500", "xstep-000000500", "step-"}) {
    EXPECT_EQ(ParseCheckpointName(name), std::nullopt) << name;
  }
  EXPECT_EQ(ParseLineageName(LineageName(3, 500))->second, 500u);
  for (const std::string& name :
       {LineageName(5, 5), LineageName(9, 3), std::string("lineage-notes.safetensors"),
        std::string("lineage-.safetensors"), std::string("lineage-0-5.safetensors"),
        LineageName(0, 5) + ".old"}) {
    EXPECT_EQ(ParseLineageName(name), std::nullopt) << name;
  }
  EXPECT_TRUE(IsAsideName(NewAsideName(CheckpointName(500))));
  EXPECT_TRUE(IsAsideName(NewAsideName(LineageName(0, 500))));
  for (const char* name : {".step-notes.tmp-1", ".step-000000500.tmp-", ".step-000000500.tmp-xyz",
                           "step-000000500.tmp-1", ".tmp-1", ".step-000000500"}) {
    EXPECT_FALSE(IsAsideName(name)) << name;
  }
}

TEST(CheckpointDirectory, RemovalTakesWhatIsTheJobsAndTheEmptyDirectory) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  WriteCheckpoint(files, Manifest("uid-1", 40));
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/" + LineageName(0, 40), "x").ok());
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/" + NewAsideName(LineageName(40, 60)), "x").ok());
  const std::string aside = "/ckpt/" + NewAsideName(CheckpointName(60));
  ASSERT_TRUE(files.CreateDirectories(aside).ok());
  ASSERT_TRUE(WriteFileDurably(files, aside + "/model.safetensors", "ab").ok());
  ASSERT_TRUE(RemoveJobCheckpoints(files, "/ckpt", "uid-1").ok());
  EXPECT_FALSE(files.Exists("/ckpt"));
  EXPECT_TRUE(RemoveJobCheckpoints(files, "/ckpt", "uid-1").ok());
}

TEST(CheckpointDirectory, RemovalLeavesWhatIsNotCertainlyTheJobs) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  WriteCheckpoint(files, Manifest("uid-1", 40));
  WriteCheckpoint(files, Manifest("uid-1", 60));
  const std::vector<std::string> kept = {
      "/ckpt/step-000000040/notes.txt",      "/ckpt/step-000000060/manifest.json",
      "/ckpt/step-by-step/guide.txt",        "/ckpt/lineage-of-the-data.txt",
      "/ckpt/.step-notes.tmp-1/a.txt",       "/ckpt/" + LineageName(0, 20) + "/a.txt",
      "/ckpt/.step-000000080.tmp-1/mine.txt"};
  for (const std::string& path : kept) {
    ASSERT_TRUE(files.CreateDirectories(ParentPath(path)).ok());
    ASSERT_TRUE(WriteFileDurably(files, path, "a person's own").ok());
  }
  ASSERT_TRUE(RemoveJobCheckpoints(files, "/ckpt", "uid-1").ok());
  EXPECT_FALSE(files.Exists("/ckpt/step-000000020"));
  for (const std::string& path : kept) EXPECT_TRUE(files.Exists(path)) << path;
  EXPECT_TRUE(files.Exists("/ckpt/step-000000040/model.safetensors"));
}

TEST(CheckpointDirectory, AnotherJobsCheckpointsAreNotRemoved) {
  FaultFileSystem files;
  WriteCheckpoint(files, Manifest("uid-1", 20));
  EXPECT_EQ(RemoveJobCheckpoints(files, "/ckpt", "uid-2").code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(VerifyCheckpoint(files, "/ckpt", 20).ok());
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

TEST(CheckpointDirectory, ADirectoryStandsForTheBestThatTheNewestKnowsWhereItIsThere) {
  FaultFileSystem files;
  const auto write = [&files](std::uint64_t step, std::uint64_t best) {
    CheckpointManifest manifest = Manifest("uid-1", step);
    manifest.best_step = best;
    WriteCheckpoint(files, manifest);
  };
  EXPECT_EQ(MeantCheckpoint(files, "/ckpt").status().code(), StatusCode::kNotFound);
  write(100, 0);
  write(200, 0);
  EXPECT_EQ(*MeantCheckpoint(files, "/ckpt"), 200U) << "nothing was evaluated";
  write(300, 100);
  EXPECT_EQ(*MeantCheckpoint(files, "/ckpt"), 100U);
  write(400, 250);
  EXPECT_EQ(*MeantCheckpoint(files, "/ckpt"), 400U) << "the best was removed";
  ASSERT_TRUE(WriteFileDurably(files, "/ckpt/step-000000400/manifest.json", "{").ok());
  EXPECT_EQ(*MeantCheckpoint(files, "/ckpt"), 400U) << "whoever opens it finds the damage";
}

}  // namespace
}  // namespace gvsl
