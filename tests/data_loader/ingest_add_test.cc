// A new version of a dataset: all that the old one has, as it is, and more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/fault_file_system.h"
#include "data_loader/inspect.h"
#include "tests/data_loader/ingest_fixture.h"
#include "tests/support/dicom_maker.h"

namespace gvsl::data_loader {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

class IngestAddTest : public IngestTest {
 protected:
  void MakeBase() {
    for (int i = 0; i < 3; ++i) Make("in/" + std::to_string(i) + ".nii", Knobs(i));
    Make("in/case7_t1.nii", Knobs(10));
    testing::WriteSlices(testing::MakeSlices(5), directory_ / "in/series");
    Run(Options("base"));
  }
  void MakeMore() {
    Make("in/3.nii", Knobs(3));
    Make("in/case7_flair.nii", Knobs(11));
    Make("in/3again.nii", Knobs(3));
  }
  IngestOptions Adding(const std::string& output = "new") {
    IngestOptions options = Options(output);
    options.add = directory_ / "base";
    return options;
  }
  StatusCode Code(const IngestOptions& options) {
    return Ingest(PosixFileSystem(), options, nullptr).status().code();
  }
  static int Count(const std::vector<Rejection>& warnings, const std::string& code) {
    return static_cast<int>(
        std::count_if(warnings.begin(), warnings.end(),
                      [&](const Rejection& warning) { return warning.code == code; }));
  }
};

TEST_F(IngestAddTest, WhatIsThereStaysAndWhatIsNewComesBehind) {
  MakeBase();
  MakeMore();
  const IngestReport report = Run(Adding());
  const DatasetManifest old = Manifest("base"), now = Manifest("new");
  ASSERT_EQ(old.volumes.size(), 5U);
  ASSERT_EQ(now.volumes.size(), 8U);
  ASSERT_EQ(old.shards.size(), 3U);
  ASSERT_EQ(now.shards.size(), 5U);
  EXPECT_EQ(now.parent_sha256, old.sha256);
  EXPECT_TRUE(old.parent_sha256.empty());
  for (std::size_t i = 0; i < old.volumes.size(); ++i) {
    EXPECT_EQ(ToJsonObject(now.volumes[i]), ToJsonObject(old.volumes[i]));
  }
  for (std::size_t i = 0; i < old.shards.size(); ++i) {
    EXPECT_EQ(ToJsonObject(now.shards[i]), ToJsonObject(old.shards[i]));
    EXPECT_EQ(fs::hard_link_count(directory_ / ("new/" + now.shards[i].file)), 2U);
  }
  EXPECT_TRUE(VerifyDataset(PosixFileSystem(), directory_ / "base")->empty());
  EXPECT_TRUE(VerifyDataset(PosixFileSystem(), directory_ / "new")->empty());
  ASSERT_EQ(report.accepted.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(report.accepted[i].id, now.volumes[5 + i].id);
  EXPECT_EQ(Count(report.warnings, "SAME_CONTENT"), 5);
  EXPECT_EQ(Count(report.warnings, "SUBJECTS_NOT_KNOWN"), 0);
}

TEST_F(IngestAddTest, NewImagesOfAnOldSubjectAreOfThatSubject) {
  MakeBase();
  MakeMore();
  Run(Adding());
  const DatasetManifest now = Manifest("new");
  const auto sources = nlohmann::json::parse(Bytes("new/sources.json"));
  EXPECT_EQ(sources["key"], nlohmann::json::parse(Bytes("base/sources.json"))["key"]);
  std::map<std::string, std::uint32_t> subjects;
  for (const VolumeEntry& volume : now.volumes) {
    const std::string path = sources["sources"][volume.source];
    subjects[fs::path(path).filename().string()] = volume.subject;
  }
  ASSERT_EQ(subjects.size(), 8U);
  EXPECT_EQ(subjects["case7_t1.nii"], subjects["case7_flair.nii"]);
  EXPECT_EQ(subjects["3.nii"], subjects["3again.nii"]);
  EXPECT_EQ(subjects["3.nii"], 5U);  // behind those that are there
}

TEST_F(IngestAddTest, SaysThatItCannotTellSubjectsWithoutTheSources) {
  MakeBase();
  MakeMore();
  fs::remove(directory_ / "base/sources.json");
  const IngestReport report = Run(Adding());
  EXPECT_EQ(Count(report.warnings, "SUBJECTS_NOT_KNOWN"), 1);
  EXPECT_EQ(Manifest("new").volumes.size(), 8U);
}

TEST_F(IngestAddTest, RefusesAnotherSpacingOrWindowAndADamagedShard) {
  MakeBase();
  MakeMore();
  IngestOptions options = Adding();
  options.prepare.spacing = {{1, 1, 2}};
  EXPECT_EQ(Code(options), StatusCode::kFailedPrecondition);
  options = Adding();
  options.prepare.window = WindowChoice{"minmax", std::nullopt};
  EXPECT_EQ(Code(options), StatusCode::kFailedPrecondition);
  options = Adding();
  options.add = directory_ / "nothing";
  EXPECT_EQ(Code(options), StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(directory_ / "new.ingest"));
  const std::string shard = directory_ / "base/shard-00001.safetensors";
  fs::resize_file(shard, fs::file_size(shard) - 1);
  EXPECT_EQ(Code(Adding()), StatusCode::kDataLoss);
  EXPECT_FALSE(fs::exists(directory_ / "new"));
}

TEST_F(IngestAddTest, WhereNothingIsNewNoDatasetIsMade) {
  MakeBase();
  const IngestReport report = Run(Adding());
  EXPECT_TRUE(report.accepted.empty());
  EXPECT_EQ(Count(report.warnings, "SAME_CONTENT"), 5);
  EXPECT_FALSE(fs::exists(directory_ / "new/manifest.json"));
}

TEST_F(IngestAddTest, PowerLostAtAnyOperationEndsWithTheSameDataset) {
  MakeBase();
  MakeMore();
  const auto options = [&](const std::string& output) {
    IngestOptions made = Options();
    made.output = output;
    made.key = std::string(32, 'k');
    if (output == "/out/new") made.add = "/out/base";
    return made;
  };
  std::string expected;
  bool finished = false;
  for (std::uint64_t died_at = 0; !finished; ++died_at) {
    FaultFileSystem files;
    IngestOptions first = options("/out/base");
    first.inputs = {directory_ / "in/0.nii", directory_ / "in/series", directory_ / "in/1.nii"};
    ASSERT_TRUE(Ingest(files, first, nullptr).ok());
    files.DieAfter(died_at);
    finished = Ingest(files, options("/out/new"), nullptr).ok();
    files.LosePower();
    const Status second = Ingest(files, options("/out/new"), nullptr).status();
    ASSERT_TRUE(second.ok() || second.code() == StatusCode::kAlreadyExists) << second;
    files.LosePower();
    const std::string manifest = *ReadFile(files, "/out/new/manifest.json");
    if (expected.empty()) expected = manifest;
    ASSERT_EQ(manifest, expected) << died_at;
    ASSERT_TRUE(VerifyDataset(files, "/out/new")->empty()) << died_at;
    ASSERT_TRUE(VerifyDataset(files, "/out/base")->empty()) << died_at;
  }
}

}  // namespace
}  // namespace gvsl::data_loader
