#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "common/text.h"
#include "model/initial_weights.h"
#include "model/metrics/warp_labels.h"
#include "model/register/aligner.h"
#include "model/register/montage.h"
#include "model/register/png_file.h"
#include "model/register/register_command.h"
#include "model/register/register_report.h"
#include "model/trilinear_sampler.h"
#include "model/weights_file.h"
#include "tests/model/test_volumes.h"
#include "tests/support/tiny_dataset.h"

namespace gvsl::model {
namespace {

using ::testing::HasSubstr;

data_loader::DatasetManifest Manifest(const std::vector<std::uint32_t>& subjects) {
  data_loader::DatasetManifest manifest;
  for (const std::uint32_t subject : subjects) {
    data_loader::VolumeEntry entry;
    entry.id = Concat("v", manifest.volumes.size());
    entry.subject = subject;
    entry.label_sha256 = "00";
    manifest.volumes.push_back(entry);
  }
  return manifest;
}

TEST(WarpLabels, TakesTheNearestVoxelAndZeroOutside) {
  const VolumeSize size = {1, 1, 4};
  std::vector<float> field(12, 0);
  std::fill(field.begin() + 8, field.end(), 1.4F);
  EXPECT_EQ(WarpLabels(Labels{1, 2, 3, 4}, field, size), (Labels{2, 3, 4, 0}));
  std::fill(field.begin() + 8, field.end(), -0.6F);
  EXPECT_EQ(WarpLabels(Labels{1, 2, 3, 4}, field, size), (Labels{0, 1, 2, 3}));
}

TEST(WarpLabels, ReadsNothingAtAnUndefinedOffset) {
  const std::vector<float> field(3, std::nanf(""));
  EXPECT_EQ(WarpLabels(Labels{7}, field, {1, 1, 1}), Labels{0});
}

TEST(DrawPairs, DrawsDistinctPairsOfDifferentSubjectsFromTheSeedAlone) {
  const auto manifest = Manifest({0, 0, 1, 2, 3});
  const auto pairs = DrawPairs(manifest, 6, 1);
  ASSERT_TRUE(pairs.ok());
  const auto again = DrawPairs(manifest, 6, 1);
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  for (std::size_t k = 0; k < pairs->size(); ++k) {
    const RegisteredPair& pair = (*pairs)[k];
    EXPECT_NE(manifest.volumes[pair.a].subject, manifest.volumes[pair.b].subject);
    EXPECT_TRUE(seen.emplace(pair.a, pair.b).second);
    EXPECT_EQ(pair.a, (*again)[k].a);
    EXPECT_EQ(pair.b, (*again)[k].b);
  }
  EXPECT_EQ(seen.size(), 6U);
}

TEST(DrawPairs, GivesAllPairsWhereThereAreFewerThanAskedFor) {
  EXPECT_EQ(DrawPairs(Manifest({0, 0, 1}), 100, 1)->size(), 4U);
}

TEST(DrawPairs, LeavesVolumesWithoutLabelsOutWhereTwoSubjectsHaveLabels) {
  auto manifest = Manifest({0, 1, 2});
  manifest.volumes[2].label_sha256.reset();
  const auto pairs = DrawPairs(manifest, 100, 1);
  ASSERT_EQ(pairs->size(), 2U);
  for (const RegisteredPair& pair : *pairs) EXPECT_EQ(pair.a + pair.b, 1U);
}

TEST(DrawPairs, TakesVolumesWithoutLabelsWhereNoTwoSubjectsHaveAny) {
  auto manifest = Manifest({0, 0, 1});
  manifest.volumes[2].label_sha256.reset();
  EXPECT_EQ(DrawPairs(manifest, 100, 1)->size(), 4U);
}

TEST(DrawPairs, RefusesASingleSubject) {
  EXPECT_EQ(DrawPairs(Manifest({0, 0}), 8, 1).status().code(), StatusCode::kFailedPrecondition);
}

TEST(RegisterSummary, GivesMeanGainAndItsStandardError) {
  const std::vector<RegisteredPair> pairs = {{0, 1, "", "", 0.25, 0.5, 0.5, 0.75},
                                             {1, 0, "", "", 0.25, 0.5, 0.25, 0.75}};
  const RegisterSummary summary = Summarize(pairs);
  ASSERT_TRUE(summary.dsc.has_value());
  EXPECT_EQ(summary.dsc->before, 0.375);
  EXPECT_EQ(summary.dsc->after, 0.75);
  EXPECT_EQ(summary.dsc->gain, 0.375);
  EXPECT_EQ(summary.dsc->gain_spread, 0.125);
  EXPECT_EQ(summary.ncc.gain, 0.25);
  EXPECT_EQ(summary.ncc.gain_spread, 0);
  EXPECT_THAT(ToJson(pairs), HasSubstr("\"dsc_gain\":0.375,\"dsc_gain_spread\":0.125}"));
  EXPECT_THAT(ToTable(pairs), HasSubstr("mean DSC of 2 pairs: 0.3750 without alignment"));
  EXPECT_THAT(ToTable(pairs), HasSubstr("gain +0.3750, standard error 0.1250"));
}

TEST(RegisterSummary, HasNoOverlapWhereThereAreNoLabels) {
  const std::vector<RegisteredPair> pairs = {{0, 1, "", "", 0.25, 0.5, {}, {}}};
  EXPECT_FALSE(Summarize(pairs).dsc.has_value());
  EXPECT_THAT(ToJson(pairs), HasSubstr("\"dsc_after\":null"));
  EXPECT_THAT(ToJson(pairs), HasSubstr("\"ncc_gain\":0.25"));
  EXPECT_THAT(ToTable(pairs), ::testing::Not(HasSubstr("DSC")));
}

class AlignerFile : public ::testing::Test {
 protected:
  AlignerFile()
      : directory_(::testing::TempDir() + "aligner_" +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(directory_);
  }
  ~AlignerFile() override { std::filesystem::remove_all(directory_); }

  StatusOr<Aligner> LoadWeightsOf(NetworkOptions options) {
    const std::string path = directory_ + "/model.safetensors";
    const GvslNetwork network(options);
    FillInitialWeights(network.parameters(), 1);
    EXPECT_TRUE(SaveWeights(files_, path, network.parameters()).ok());
    return Aligner::Load(files_, path, at::kCPU, options.geometry);
  }

  std::string directory_;
  FileSystem& files_ = PosixFileSystem();
};

TEST_F(AlignerFile, ReadsWidthAndPartsFromTheWeights) {
  NetworkOptions options;
  options.width = 16;
  options.affine = false;
  options.restoration = false;
  const auto aligner = LoadWeightsOf(options);
  ASSERT_TRUE(aligner.ok()) << aligner.status();
  EXPECT_EQ(aligner->width(), 16);
  const at::Tensor volume = Noise({17, 18, 19}, 1);
  const auto alignment = aligner->Align(volume, volume);
  ASSERT_TRUE(alignment.ok()) << alignment.status();
  EXPECT_EQ(alignment->field.sizes(), (std::vector<std::int64_t>{3, 17, 18, 19}));
  EXPECT_EQ(alignment->warped.sizes(), volume.sizes());
}

TEST_F(AlignerFile, ReadsVolumesAsReleasedWhereAskedTo) {
  const NetworkOptions options = {.width = 8, .geometry = Geometry::kReleased};
  const auto released = LoadWeightsOf(options);
  const auto corrected = LoadWeightsOf({.width = 8});
  ASSERT_TRUE(released.ok() && corrected.ok());
  const at::Tensor fixed = Noise({16, 17, 18}, 1), moving = Noise({16, 17, 18}, 2);
  const at::Tensor warped = released->Align(fixed, moving)->warped;
  GvslNetwork network(options);
  FillInitialWeights(network.parameters(), 1);
  const auto output =
      network.Forward(fixed.view({1, 1, 16, 17, 18}), moving.view({1, 1, 16, 17, 18}));
  EXPECT_TRUE(at::equal(warped, output.warped.squeeze()));
  EXPECT_FALSE(at::allclose(warped, corrected->Align(fixed, moving)->warped));
}

// A ramp is read exactly between voxels, so once or twice makes no difference to it.
TEST_F(AlignerFile, TheFieldIsWhereTheReleasedCodeReadsInTheEnd) {
  const auto aligner = LoadWeightsOf({.width = 8, .geometry = Geometry::kReleased});
  ASSERT_TRUE(aligner.ok());
  const at::Tensor ramp =
      (at::arange(20).view({20, 1, 1}) + 3 * at::arange(20).view({1, 20, 1}) - at::arange(20))
          .to(at::kFloat) /
      20;
  const auto alignment = aligner->Align(ramp, ramp);
  ASSERT_TRUE(alignment.ok()) << alignment.status();
  const at::Tensor once =
      WarpByField(ramp.view({1, 1, 20, 20, 20}), alignment->field.unsqueeze(0)).squeeze();
  const auto inside = [](const at::Tensor& volume) {
    return volume.narrow(0, 6, 8).narrow(1, 6, 8).narrow(2, 6, 8);
  };
  EXPECT_TRUE(at::allclose(inside(once), inside(alignment->warped), 1e-4, 1e-4));
  EXPECT_FALSE(at::allclose(inside(once), inside(ramp), 1e-2, 1e-2));
}

TEST_F(AlignerFile, RefusesWeightsWithoutAMatchingHead) {
  NetworkOptions options;
  options.width = 8;
  options.matching = false;
  const auto aligner = LoadWeightsOf(options);
  EXPECT_EQ(aligner.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(aligner.status().message(), HasSubstr("no matching head"));
}

TEST_F(AlignerFile, AnswersTwoSizesWithAnErrorAndNotAnException) {
  NetworkOptions options;
  options.width = 8;
  const auto aligner = LoadWeightsOf(options);
  ASSERT_TRUE(aligner.ok());
  EXPECT_EQ(aligner->Align(at::ones({8, 8, 8}), at::ones({8, 8, 9})).status().code(),
            StatusCode::kInternal);
}

TEST_F(AlignerFile, MeasuresAndDrawsPairsWithAndWithoutLabels) {
  ASSERT_TRUE(LoadWeightsOf({.width = 8}).ok());
  for (const bool labelled : {true, false}) {
    RegisterOptions options;
    options.weights = directory_ + "/model.safetensors";
    options.dataset = Concat(directory_, labelled ? "/labelled" : "/plain");
    options.pairs = 2;
    options.output = options.dataset + "-pictures";
    ASSERT_TRUE(
        testing::WriteTinyDataset(files_, options.dataset, 3, {16, 17, 18}, 2, labelled).ok());
    const auto pairs = RegisterPairs(files_, options);
    ASSERT_TRUE(pairs.ok()) << pairs.status();
    ASSERT_EQ(pairs->size(), 2U);
    for (const RegisteredPair& pair : *pairs) {
      EXPECT_GT(pair.ncc_before, 0);
      EXPECT_LE(pair.ncc_before, 1);
      EXPECT_EQ(pair.dsc_after.has_value(), labelled);
    }
    EXPECT_TRUE(files_.Exists(*options.output + "/pair-001.png"));
    options.geometry = Geometry::kReleased;
    const auto released = RegisterPairs(files_, options);
    ASSERT_TRUE(released.ok()) << released.status();
    EXPECT_NE((*released)[0].ncc_after, (*pairs)[0].ncc_after);
  }
}

TEST(Montage, ShowsThreePlanesInSixColumnsAndTheIdentityWithoutDifference) {
  const at::Tensor volume = Noise({10, 12, 14}, 1);
  const at::Tensor field = at::zeros({3, 10, 12, 14});
  const std::span<const float> voxels(volume.data_ptr<float>(), 10 * 12 * 14);
  GrayImage image = MakeMontage(
      {{10, 12, 14}, voxels, voxels, voxels, {field.data_ptr<float>(), 3 * 10 * 12 * 14}});
  const int scale = 260 / 14;
  EXPECT_EQ(image.width, 6 * (14 * scale + 4) - 4);
  EXPECT_EQ(image.height, 12 + (12 + 10 + 10) * scale + 2 * 4);
  // The middle of the last column's first tile.
  EXPECT_NEAR(image.At(image.width - 7 * scale, 12 + 6 * scale), 128, 1);
}

TEST_F(AlignerFile, WritesAPngThatStartsAsOne) {
  const std::string path = directory_ + "/x.png";
  ASSERT_TRUE(WritePng(files_, path, GrayImage(30, 20)).ok());
  const auto bytes = ReadFile(files_, path);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(static_cast<int>(bytes->at(19)), 30);
  EXPECT_EQ(static_cast<int>(bytes->at(23)), 20);
}

}  // namespace
}  // namespace gvsl::model
