// gvsl-infer with checkpoints of segment and classify.
#include <gmock/gmock.h>

#include <cmath>

#include "common/text.h"
#include "data_loader/convert.h"
#include "data_loader/nifti_file.h"
#include "model/tasks/classification_network.h"
#include "model/tasks/segmentation_network.h"
#include "model/tasks/sliding_window.h"
#include "tests/model/infer_fixture.h"
#include "tests/support/dicom_maker.h"

namespace gvsl::model {
namespace {

using data_loader::Affine;
using data_loader::RawVolume;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Size = std::array<std::int64_t, 3>;

// Exact in float32, at right angles. Nearest to axes that run backwards, up and to the left.
constexpr Affine kOblique = {
    {{0.5625, 0.5625, -1.3125, 40}, {-1.125, 0.84375, -0.4375, 60}, {0.375, 1.6875, 0.65625, -30}}};

class InferSegment : public InferFixture {
 protected:
  InferSegment() : parameters_(at::kFloat), network_(parameters_, 8, 3) {
    FillInitialWeights(parameters_.all(), 7);
    options_.checkpoint = WriteCheckpoint(Manifest("segment"), parameters_.all());
    options_.output = directory_ / "labels.nii.gz";
  }

  RawVolume Segment(const std::string& input) {
    options_.input = input;
    const auto report = Infer(files_, options_);
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    EXPECT_EQ(report->voxels.size(), 3U);
    return Read(*options_.output);
  }

  void ExpectRefused(StatusCode code, const std::string& words) {
    const auto report = Infer(files_, options_);
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.status().code(), code) << report.status();
    EXPECT_THAT(report.status().message(), HasSubstr(words));
    EXPECT_FALSE(std::filesystem::exists(directory_ / "labels.nii.gz"));
  }

  std::string WriteNoise(const std::string& name, const Size& size = {18, 20, 22}) {
    return WriteScan(name, size, kOblique, SmoothValues(size, 3));
  }

  ParameterList parameters_;
  SegmentationNetwork network_;
  InferOptions options_;
};

TEST_F(InferSegment, LabelsLieOnTheScansOwnGrid) {
  options_.spacing = "1.3,1.4,1.5";
  const RawVolume labels = Segment(WriteNoise("a.nii"));
  EXPECT_EQ(labels.size, (Size{18, 20, 22}));
  EXPECT_EQ(labels.to_ras, kOblique);
  EXPECT_EQ(std::get<data_loader::NiftiHeader>(data_loader::ReadNiftiHeader(*options_.output))
                .datatype_name,
            "INT16");
}

TEST_F(InferSegment, IsWhatTheNetworkSaysWhereNothingIsResampled) {
  const Size size = {17, 20, 22};
  const std::vector<double> values = SmoothValues(size, 3);
  const RawVolume labels =
      Segment(WriteScan("a.nii", size, testing::Straight({1, 2, 3}, {5, 6, 7}), values));
  at::Tensor volume = at::empty(size, at::kFloat);
  std::transform(values.begin(), values.end(), volume.data_ptr<float>(),
                 [](double value) { return static_cast<float>(value / 1000); });
  const at::Tensor sums =
      SumOverWindows(volume, {16, 16, 16}, [&](const at::Tensor& crop, const VolumeExtent&) {
        return network_.Probabilities(network_.Features(crop));
      });
  const at::Tensor expected = GreatestClass(sums).to(at::kFloat).contiguous();
  const float* const begin = expected.const_data_ptr<float>();
  EXPECT_EQ(labels.voxels, std::vector<float>(begin, begin + expected.numel()));
  EXPECT_GT(*std::max_element(labels.voxels.begin(), labels.voxels.end()),
            *std::min_element(labels.voxels.begin(), labels.voxels.end()));
}

// The same scan with its axes x, y, z stored as -z, x, -y.
TEST_F(InferSegment, GivesTheSameLabelsAtTheSamePlacesHoweverAFileRuns) {
  options_.spacing = "1.25,1.25,1.25";
  const Size size = {18, 20, 22};
  const Size turned_size = {20, 22, 18};
  const std::vector<double> values = SmoothValues(size, 3);
  std::vector<double> turned(values.size());
  const auto turned_index = [&](std::int64_t z, std::int64_t y, std::int64_t x) {
    return ((size[1] - 1 - y) * turned_size[1] + x) * turned_size[2] + (size[0] - 1 - z);
  };
  const auto for_each = [&](const auto& visit) {
    for (std::int64_t i = 0; i < 18 * 20 * 22; ++i) {
      visit(i, turned_index(i / (20 * 22), i / 22 % 20, i % 22));
    }
  };
  for_each([&](std::int64_t here, std::int64_t there) { turned[there] = values[here]; });
  Affine turned_to_ras{};
  for (int row = 0; row < 3; ++row) {
    turned_to_ras[row] = {-kOblique[row][2], kOblique[row][0], -kOblique[row][1],
                          kOblique[row][3] + 17 * kOblique[row][2] + 19 * kOblique[row][1]};
  }
  const RawVolume labels = Segment(WriteScan("a.nii", size, kOblique, values));
  const RawVolume others = Segment(WriteScan("b.nii", turned_size, turned_to_ras, turned));
  EXPECT_EQ(others.to_ras, turned_to_ras);
  for_each([&](std::int64_t here, std::int64_t there) {
    ASSERT_EQ(others.voxels[there], labels.voxels[here]) << here;
  });
}

TEST_F(InferSegment, TakesSpacingAndWindowOfTheCheckpointUnlessTold) {
  CheckpointManifest manifest = Manifest("segment");
  manifest.step = 900;
  manifest.spacing = {1.1, 1.2, 1.3};
  manifest.window = "ct";
  const std::string input = WriteNoise("a.nii.gz");
  const std::vector<float> native = Segment(input).voxels;
  options_.spacing = "1.1,1.2,1.3";
  options_.window = *data_loader::ParseWindow("ct");
  const std::vector<float> told = Segment(input).voxels;
  EXPECT_NE(told, native);
  options_.checkpoint = WriteCheckpoint(manifest, parameters_.all());
  options_.spacing.reset();
  options_.window.reset();
  EXPECT_EQ(Segment(input).voxels, told);
  options_.spacing = "native";
  options_.window = *data_loader::ParseWindow("0,1000");
  EXPECT_EQ(Segment(input).voxels, native);
}

TEST_F(InferSegment, LiesOverWhatConvertMakesOfADicomSeries) {
  testing::WriteSlices(testing::MakeSlices(6), directory_ / "series");
  options_.spacing = "0.4,0.4,0.4";
  const RawVolume labels = Segment(directory_ / "series");
  const auto written = data_loader::Convert(directory_ / "series", directory_ / "scan.nii",
                                            [](const data_loader::IngestEvent&) {});
  ASSERT_TRUE(written.ok());
  const RawVolume scan = Read(directory_ / "scan.nii");
  EXPECT_EQ(labels.size, scan.size);
  EXPECT_EQ(labels.to_ras, scan.to_ras);
}

TEST_F(InferSegment, TakesTheNewestWholeCheckpointOfAJob) {
  CheckpointManifest manifest = Manifest("segment");
  manifest.step = 900;
  const std::string newest = WriteCheckpoint(manifest, parameters_.all());
  std::fstream(JoinPath(newest, kModelFile), std::ios::in | std::ios::out).seekp(2000).put('!');
  options_.input = WriteNoise("a.nii");
  options_.checkpoint = newest + "/";
  ExpectRefused(StatusCode::kDataLoss, "model.safetensors");
  options_.checkpoint = directory_ / "checkpoints";
  const auto report = Infer(files_, options_);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->warnings, ElementsAre(HasSubstr("step-000000900")));
}

TEST_F(InferSegment, SaysWhatIsWrongWithACheckpoint) {
  options_.input = WriteNoise("a.nii");
  options_.checkpoint = directory_ / "nowhere";
  ExpectRefused(StatusCode::kNotFound, "--checkpoint");
  options_.checkpoint = directory_.path();
  ExpectRefused(StatusCode::kNotFound, "holds none");
  options_.checkpoint = WriteCheckpoint(Manifest("pretrain"), parameters_.all());
  ExpectRefused(StatusCode::kFailedPrecondition, "task pretrain");
  CheckpointManifest manifest = Manifest("segment");
  manifest.classes = 4;
  options_.checkpoint = WriteCheckpoint(manifest, parameters_.all());
  ExpectRefused(StatusCode::kFailedPrecondition, "head");
  parameters_.all().back().second.detach().fill_(std::nanf(""));
  options_.checkpoint = WriteCheckpoint(Manifest("segment"), parameters_.all());
  ExpectRefused(StatusCode::kDataLoss, "no finite number");
}

TEST_F(InferSegment, SaysWhatIsWrongWithAScan) {
  options_.input = directory_ / "nowhere.nii";
  ExpectRefused(StatusCode::kNotFound, "nowhere.nii");
  options_.input = WriteNoise("small.nii", {18, 15, 22});
  ExpectRefused(StatusCode::kInvalidArgument, "15 voxels");
  std::ofstream(directory_ / "bad.nii") << "no image";
  options_.input = directory_ / "bad.nii";
  ExpectRefused(StatusCode::kInvalidArgument, "bad.nii: UNREADABLE");
  std::filesystem::create_directories(directory_ / "two");
  WriteNoise("two/a.nii");
  WriteNoise("two/b.nii");
  options_.input = directory_ / "two";
  ExpectRefused(StatusCode::kInvalidArgument, "holds 2 scans");
}

TEST_F(InferSegment, RefusesWhatItWouldNotDo) {
  options_.input = WriteNoise("a.nii");
  options_.fixed = options_.input;
  ExpectRefused(StatusCode::kInvalidArgument, "--fixed");
  options_.fixed.reset();
  options_.output = directory_ / "labels.png";
  ExpectRefused(StatusCode::kInvalidArgument, "--output");
  options_.output = options_.input;
  ExpectRefused(StatusCode::kAlreadyExists, "--output");
  options_.output = directory_ / "nowhere/labels.nii";
  ExpectRefused(StatusCode::kNotFound, "--output");
  options_.output.reset();
  ExpectRefused(StatusCode::kInvalidArgument, "--output is missing");
  options_.device = "gpu";
  ExpectRefused(StatusCode::kInvalidArgument, "device 'gpu'");
}

TEST_F(InferFixture, ClassifiesAsTheNetworkDoes) {
  ParameterList parameters(at::kFloat);
  const ClassificationNetwork network(parameters, 8);
  FillInitialWeights(parameters.all(), 7);
  CheckpointManifest manifest = Manifest("classify");
  manifest.patch = {24, 16, 16};
  const Size size = {18, 20, 22};
  const std::vector<double> values = SmoothValues(size, 3);
  InferOptions options;
  options.checkpoint = WriteCheckpoint(manifest, parameters.all());
  options.input = WriteScan("a.nii", size, testing::Straight({1, 1, 1}, {0, 0, 0}), values);
  const auto report = Infer(files_, options);
  ASSERT_TRUE(report.ok()) << report.status();
  at::Tensor volume = at::zeros({1, 1, 24, 20, 22}, at::kFloat);
  std::transform(values.begin(), values.end(), volume.data_ptr<float>(),
                 [](double value) { return static_cast<float>(value / 1000); });
  const at::Tensor logit = MeanLogit(network, volume[0][0], {24, 16, 16});
  EXPECT_DOUBLE_EQ(*report->probability, logit.sigmoid().item<double>());
  EXPECT_EQ(ToJson(*report).find("{\"probability\":0."), 0U);
  options.output = directory_ / "out.nii";
  EXPECT_EQ(Infer(files_, options).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gvsl::model
