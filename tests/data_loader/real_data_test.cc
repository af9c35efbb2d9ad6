// The program on real images; skipped by name where they are not there.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "common/text.h"
#include "data_loader/convert.h"
#include "data_loader/dataset.h"
#include "data_loader/dataset_summary.h"
#include "data_loader/geometry.h"
#include "data_loader/ingest.h"
#include "data_loader/inspect.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/orientation.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_data.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::TemporaryDirectory;
using ::gvsl::testing::TestData;

IngestReport RunIngest(const std::string& input, const std::string& output,
                       const std::string& labels = "") {
  IngestOptions options;
  options.inputs = {input};
  options.output = output;
  options.labels = labels;
  const auto report = Ingest(PosixFileSystem(), options, nullptr);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : IngestReport();
}

std::map<std::string, int> Codes(const IngestReport& report) {
  std::map<std::string, int> codes;
  for (const auto& volume : report.rejected) ++codes[volume.rejection.code];
  return codes;
}

TEST(RealData, TheHippocampusCollectionIsIngestedWithItsThreeOddities) {
  GVSL_NEEDS_TEST_DATA("hippocampus");
  const TemporaryDirectory directory;
  const IngestReport report = RunIngest(TestData("hippocampus/imagesTr"), directory / "set",
                                        TestData("hippocampus/labelsTr"));
  EXPECT_EQ(report.accepted.size(), 131U);  // 130 with labels, and 118 without
  EXPECT_EQ(Codes(report), (std::map<std::string, int>{{"LABEL_WITHOUT_IMAGE", 2}}));
  std::map<std::string, int> warnings;
  for (const auto& volume : report.accepted) {
    for (const auto& warning : volume.warnings) ++warnings[warning.code];
  }
  EXPECT_EQ(warnings["NO_LABEL"], 1);

  auto dataset = *Dataset::Open(PosixFileSystem(), directory / "set");
  double least = 1e30, greatest = 0;
  for (std::uint32_t index = 0; index < 131; ++index) {
    const VolumeEntry& entry = dataset->manifest().volumes[index];
    least = std::min(least, entry.window_range[1]);
    greatest = std::max(greatest, entry.window_range[1]);
    const VolumeView view = *dataset->Volume(index);
    double mean = 0;
    for (float value : view.voxels) mean += value;
    mean /= static_cast<double>(view.voxels.size());
    EXPECT_GT(mean, 0.1) << entry.id;  // whatever the scanner's scale
    EXPECT_LT(mean, 0.9) << entry.id;
    if (!view.labels) continue;
    for (std::int32_t label : *view.labels) ASSERT_TRUE(label >= 0 && label <= 2) << entry.id;
  }
  EXPECT_LT(least, 200);
  EXPECT_GT(greatest, 1e5);
  EXPECT_TRUE(VerifyDataset(PosixFileSystem(), directory / "set")->empty());
}

TEST(RealData, BodyCtsGetTheCtWindowAndTheirHeaderExtensionsAreRead) {
  GVSL_NEEDS_TEST_DATA("ct_demo");
  const TemporaryDirectory directory;
  IngestOptions options;
  options.inputs = {TestData("ct_demo")};
  options.output = directory / "set";
  options.prepare.spacing = {{5, 5, 5}};
  const auto report = Ingest(PosixFileSystem(), options, nullptr);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->accepted.size(), 4U);
  const auto summary = SummarizeDataset(PosixFileSystem(), directory / "set");
  EXPECT_EQ(summary->windows.at("ct"), 3U);
  EXPECT_EQ(summary->modalities.at("CT"), 3U);
  const auto map = ReadLabelMap(TestData("ct_demo/example_seg.nii.gz"));
  ASSERT_TRUE(std::holds_alternative<LabelMap>(map));
  const auto& values = std::get<LabelMap>(map).values;
  EXPECT_GT(*std::max_element(values.begin(), values.end()), 1);
}

TEST(RealData, ObliqueBrainSeriesAreIngested) {
  GVSL_NEEDS_TEST_DATA("dicom/mr_brain");
  const TemporaryDirectory directory;
  const IngestReport report = RunIngest(TestData("dicom/mr_brain"), directory / "set");
  EXPECT_EQ(report.accepted.size(), 2U);
  EXPECT_TRUE(report.rejected.empty());
}

TEST(RealData, AHeadOfATiltedGantryIsStraightened) {
  GVSL_NEEDS_TEST_DATA("dicom/dicom2nifti/failing");
  const TemporaryDirectory directory;
  const auto written = Convert(TestData("dicom/dicom2nifti/failing/gantrytilting/001"),
                               directory / "out.nii", [](const IngestEvent&) {});
  ASSERT_TRUE(written.ok() && written->size() == 1);
  NiftiReader reader;
  const auto read = reader.Read({directory / "out.nii", {}, "out"});
  const Image image = ToRas(std::get<RawVolume>(read));
  EXPECT_EQ(image.grid.size, (std::array<std::int64_t, 3>{4, 521, 512}));  // dcm2niix's
  const Vector3 y = Column(image.grid.to_ras, 1), z = Column(image.grid.to_ras, 2);
  EXPECT_NEAR(Dot(y, z), 0, 1e-4);
  EXPECT_NEAR(Length(z), 4.8515, 1e-3);
}

TEST(RealData, EveryFailingSeriesIsRefusedWithItsOwnCode) {
  GVSL_NEEDS_TEST_DATA("dicom/dicom2nifti/failing");
  const std::map<std::string, std::string> expected = {
      {"notavolume/001", "DUPLICATE_POSITION"},
      {"slicecount/001", "TOO_FEW_SLICES"},
      {"sliceincrement/001", "MISSING_SLICE"},
      {"sliceincrement/002", "MISSING_SLICE"},
      {"sliceorientation/001", "MIXED_ORIENTATION"}};
  for (const auto& [series, code] : expected) {
    const TemporaryDirectory directory;
    const IngestReport report =
        RunIngest(TestData("dicom/dicom2nifti/failing/" + series), directory / "set");
    EXPECT_TRUE(report.accepted.empty()) << series;
    EXPECT_EQ(Codes(report), (std::map<std::string, int>{{code, 1}})) << series;
  }
}

// The same mosaic by nine transfer syntaxes and encoders; the references are dcm2niix's.
TEST(RealData, AMosaicInNineEncodingsIsTheReferenceVoxelForVoxel) {
  GVSL_NEEDS_TEST_DATA("dicom/dcm_qa_ts");
  NiftiReader reader;
  for (int i = 1; i <= 9; ++i) {
    const TemporaryDirectory directory;
    const auto written = Convert(TestData(Concat("dicom/dcm_qa_ts/In/", i, ".dcm")),
                                 directory / "out.nii", [](const IngestEvent&) {});
    ASSERT_TRUE(written.ok() && written->size() == 1) << i;
    const auto ours = reader.Read({directory / "out.nii", {}, "out"});
    const auto theirs = reader.Read({TestData(Concat("dicom/dcm_qa_ts/Ref/", i, ".nii")), {}, ""});
    const auto& volume = std::get<RawVolume>(ours);
    const auto& truth = std::get<RawVolume>(theirs);
    EXPECT_EQ(volume.size, truth.size);
    EXPECT_TRUE(volume.voxels == truth.voxels) << i;
    for (int row = 0; row < 3; ++row) {
      for (int column = 0; column < 4; ++column) {
        EXPECT_NEAR(volume.to_ras[row][column], truth.to_ras[row][column], 1e-4) << i;
      }
    }
  }
}

TEST(RealData, OfAFolderOfMosaicsTheFirstIsTaken) {
  GVSL_NEEDS_TEST_DATA("dicom/dcm_qa_ts");
  const TemporaryDirectory directory;
  const IngestReport report = RunIngest(TestData("dicom/dcm_qa_ts/In"), directory / "set");
  ASSERT_EQ(report.accepted.size(), 1U);
  ASSERT_EQ(report.accepted[0].warnings.size(), 1U);
  EXPECT_EQ(report.accepted[0].warnings[0].code, "FURTHER_VOLUMES");
}

// Both are brought into RAS order, so that it does not matter how a file stores its axes.
void ExpectSameVolume(const std::string& dicom, const std::string& nifti) {
  const TemporaryDirectory directory;
  const auto written =
      Convert(TestData(dicom), directory / "out.nii", [](const IngestEvent& event) {
        if (event.kind == IngestEvent::Kind::kRejected) ADD_FAILURE() << event.what.reason;
      });
  ASSERT_TRUE(written.ok() && written->size() == 1) << dicom;
  NiftiReader reader;
  const auto ours = reader.Read({directory / "out.nii", {}, "out"});
  const auto theirs = reader.Read({TestData(nifti), {}, "truth"});
  const Image image = ToRas(std::get<RawVolume>(ours));
  const Image truth = ToRas(std::get<RawVolume>(theirs));
  ASSERT_EQ(image.grid.size, truth.grid.size) << dicom;
  double difference = 0;
  for (std::size_t i = 0; i < truth.voxels.size(); ++i) {
    difference = std::max(difference, std::abs(double{truth.voxels[i]} - image.voxels[i]));
  }
  EXPECT_LT(difference, 1e-3) << dicom;
  for (int row = 0; row < 3; ++row) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_NEAR(image.grid.to_ras[row][i], truth.grid.to_ras[row][i], 2e-2) << dicom;
    }
  }
}

TEST(RealData, GeometryAndVoxelsOfDicomSeriesAreTheGroundTruths) {
  GVSL_NEEDS_TEST_DATA("dicom/dicom2nifti");
  for (const std::string series :
       {"generic/anatomical/001", "generic/anatomical/001_implicit",
        "generic/anatomical/002_non_isotropic", "hitachi/anatomical/001",
        "generic/compressed_rle/001", "generic/compressed_jpeg/001",
        "generic/compressed_jpegls/001", "generic/compressed_j2k/001", "generic/compressed/001"}) {
    ExpectSameVolume("dicom/dicom2nifti/" + series,
                     "dicom/dicom2nifti/" + series + "_ground_truth.nii.gz");
  }
}

TEST(RealData, WhatIsNoSingleVolumeOfGreyValuesIsRefusedByName) {
  GVSL_NEEDS_TEST_DATA("dicom/dicom2nifti/generic");
  const std::map<std::string, std::string> expected = {
      {"dicom/dicom2nifti/generic/rgb/001", "COLOR_IMAGE"}};
  for (const auto& [series, code] : expected) {
    const TemporaryDirectory directory;
    const IngestReport report = RunIngest(TestData(series), directory / "set");
    EXPECT_EQ(Codes(report), (std::map<std::string, int>{{code, 1}})) << series;
  }
}

}  // namespace
}  // namespace gvsl::data_loader
