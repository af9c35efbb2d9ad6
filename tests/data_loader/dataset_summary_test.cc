#include "data_loader/dataset_summary.h"

#include <gtest/gtest.h>

#include <fstream>

#include "data_loader/code_advice.h"
#include "data_loader/report_reader.h"
#include "data_loader/volume_scan.h"
#include "tests/data_loader/ingest_fixture.h"

namespace gvsl::data_loader {
namespace {

class DatasetSummaryTest : public IngestTest {
 protected:
  void IngestThree() {
    for (int i = 0; i < 3; ++i) Make("in/" + std::to_string(i) + ".nii", Knobs(i));
    testing::NiftiKnobs knobs = Knobs(3);
    knobs.values.assign(120, 7);
    Make("in/flat.nii", knobs);
    Run(Options());
  }
};

TEST_F(DatasetSummaryTest, CountsVolumesIntensitiesAndRejections) {
  IngestThree();
  const auto summary = SummarizeDataset(PosixFileSystem(), directory_ / "set");
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->size.median, (std::array<std::int64_t, 3>{4, 5, 6}));
  EXPECT_EQ(summary->sizes, (std::map<std::string, std::uint64_t>{{"4x5x6", 3}}));
  EXPECT_EQ(summary->spacing.greatest, (std::array<double, 3>{1, 1, 1}));
  ASSERT_EQ(summary->intensities.size(), 1U);
  EXPECT_EQ(summary->intensities[0].volumes, 3U);
  EXPECT_EQ(summary->intensities[0].uncounted, 0U);
  EXPECT_EQ(CountOf(summary->intensities[0].histogram), 3U * 120);
  EXPECT_EQ(summary->rejected, (std::map<std::string, std::uint64_t>{{"CONSTANT", 1}}));
  EXPECT_EQ(summary->report_problem, "");
  std::filesystem::remove(directory_ / "set/report.json");
  EXPECT_NE(SummarizeDataset(PosixFileSystem(), directory_ / "set")->report_problem, "");
}

TEST_F(DatasetSummaryTest, TheMedianOfAnEvenNumberIsTheLower) {
  DatasetManifest manifest;
  for (const std::int64_t size : {10, 40, 20, 30}) {
    VolumeEntry volume;
    volume.grid.size = {size, 1, 1};
    manifest.volumes.push_back(volume);
  }
  const DatasetSummary summary = Summarize(PosixFileSystem(), directory_ / "none", manifest);
  EXPECT_EQ(summary.size.least[0], 10);
  EXPECT_EQ(summary.size.median[0], 20);
  EXPECT_EQ(summary.size.greatest[0], 40);
  EXPECT_EQ(summary.intensities[0].uncounted, 4U);
}

TEST_F(DatasetSummaryTest, HistogramsThatAreMissingAreCountedFromTheShards) {
  IngestThree();
  auto dataset = *Dataset::Open(PosixFileSystem(), directory_ / "set");
  DatasetManifest manifest = dataset->manifest();
  for (VolumeEntry& volume : manifest.volumes) volume.histogram.reset();
  ASSERT_TRUE(CompleteHistograms(*dataset, manifest).ok());
  for (std::size_t i = 0; i < manifest.volumes.size(); ++i) {
    EXPECT_EQ(manifest.volumes[i].histogram, dataset->manifest().volumes[i].histogram);
  }
}

TEST_F(DatasetSummaryTest, AScanGoesOnBehindADamagedShard) {
  IngestThree();  // two a shard
  std::filesystem::resize_file(directory_ / "set/shard-00000.safetensors", 100);
  auto dataset = *Dataset::Open(PosixFileSystem(), directory_ / "set");
  std::vector<StatusCode> codes;
  ASSERT_TRUE(ScanVolumes(*dataset, [&](std::uint32_t, const StatusOr<VolumeView>& view) {
                codes.push_back(view.status().code());
                return OkStatus();
              }).ok());
  EXPECT_EQ(codes, (std::vector<StatusCode>{StatusCode::kDataLoss, StatusCode::kDataLoss,
                                            StatusCode::kOk}));
}

TEST_F(DatasetSummaryTest, AReportIsReadAsItWasWritten) {
  IngestReport report;
  report.dataset_sha256 = "abc";
  report.accepted.push_back({"id", "hash", true, {{"NO_CLASS", "why", ""}}});
  report.rejected.push_back({"other", {"CONSTANT", "flat", ""}});
  report.ignored_files = 4;
  report.warnings.push_back({"ONE_SUBJECT", "all", ""});
  const auto read = ParseReport(ToJson(report));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), ToJson(report));
  EXPECT_EQ(ParseReport("[1]").status().code(), StatusCode::kDataLoss);
  EXPECT_EQ(ParseReport(R"({"accepted":[{"labelled":1},3],"rejected":7,"ignored_files":-1})")
                .status()
                .code(),
            StatusCode::kDataLoss);
}

TEST(CodeAdvice, IsWhatTheDocumentationSays) {
  std::ifstream file(std::string(GVSL_SOURCE_DIR) + "/docs/datasets.md");
  std::size_t compared = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    std::erase(line, '`');
    const std::string codes = line.substr(2, line.find(" | ") - 2);
    for (std::size_t begin = 0; begin < codes.size(); begin = codes.find(',', begin) + 2) {
      const std::string code = codes.substr(begin, codes.find(',', begin) - begin);
      const std::string advice = AdviceFor(code);
      if (!advice.empty()) {
        EXPECT_TRUE(line.ends_with(advice + " |")) << code << ": " << advice;
        ++compared;
      }
      if (codes.find(',', begin) == std::string::npos) break;
    }
  }
  EXPECT_GT(compared, 40U);
  EXPECT_EQ(AdviceFor("NO_SUCH_CODE"), "");
}

}  // namespace
}  // namespace gvsl::data_loader
