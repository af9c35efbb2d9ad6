// What gvsl-look finds, on volumes and features that are known.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "common/safetensors.h"
#include "model/look/backbone.h"
#include "model/look/correspondence.h"
#include "model/look/look_command.h"
#include "model/look/looked_volume.h"
#include "model/look/restored_volume.h"
#include "model/look/tissue_features.h"
#include "model/method.h"
#include "tests/model/infer_fixture.h"
#include "tests/support/tiny_dataset.h"

namespace gvsl::model {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

// (3, 4, 5); label 1 in one corner of 2^3.
LookedVolume SmallVolume() {
  LookedVolume volume{at::zeros({3, 4, 5}), at::zeros({3, 4, 5}, at::kInt), 7};
  volume.labels->narrow(0, 0, 2).narrow(1, 0, 2).narrow(2, 0, 2).fill_(1);
  return volume;
}

// The one feature of a voxel is its index.
at::Tensor IndexFeatures() { return at::arange(60, at::kFloat).view({1, 3, 4, 5}); }

TEST(TissueFeatures, AreOfDistinctVoxelsOfEachLabel) {
  TissueFeatures tissue;
  AddTissueFeatures(SmallVolume(), IndexFeatures(), {5, 1}, tissue);
  ASSERT_EQ(tissue.labels.size(), 10U);
  EXPECT_THAT(tissue.subjects, Each(7));
  EXPECT_EQ(std::set<float>(tissue.features.begin(), tissue.features.end()).size(), 10U);
  const at::Tensor labels = SmallVolume().labels->flatten();
  for (std::size_t row = 0; row < 10; ++row) {
    const auto voxel = static_cast<std::int64_t>(tissue.features[row]);
    EXPECT_EQ(labels[voxel].item<std::int32_t>(), tissue.labels[row]);
  }
}

TEST(TissueFeatures, AreAllOfALabelThatHasFewerVoxels) {
  TissueFeatures tissue;
  AddTissueFeatures(SmallVolume(), IndexFeatures(), {1000, 1}, tissue);
  EXPECT_EQ(tissue.labels.size(), 60U);
}

TEST(FindPartners, FindsThePlaceThatLooksTheSame) {
  const at::Tensor labels = *SmallVolume().labels;
  const at::Tensor features = Noise({16, 3, 4, 5}, 3);
  const auto self = FindPartners(labels, features, labels, features, 8);
  ASSERT_EQ(self.size(), 1U);
  EXPECT_EQ(self[0].label, 1);
  EXPECT_EQ(self[0].partner, self[0].point);
  EXPECT_EQ(self[0].partner_label, 1);
  EXPECT_NEAR(self[0].similarity.max().item<float>(), 1, 1e-5);

  const auto moved = FindPartners(labels, features, labels, 2 * features.roll(1, 3), 8);
  EXPECT_EQ(moved[0].partner, (Voxel{self[0].point[0], self[0].point[1], self[0].point[2] + 1}));
  EXPECT_TRUE(FindPartners(labels, features, labels, features, 0).empty());
}

TEST(FindPartners, LooksInAVolumeOfAnotherSize) {
  const at::Tensor features = Noise({16, 3, 4, 5}, 3);
  const at::Tensor wider = at::cat({Noise({16, 3, 4, 2}, 4), features}, 3);
  const at::Tensor labels = *SmallVolume().labels;
  const auto found = FindPartners(labels, features, at::zeros({3, 4, 7}, at::kInt), wider, 8);
  EXPECT_EQ(found[0].partner, (Voxel{found[0].point[0], found[0].point[1], found[0].point[2] + 2}));
  EXPECT_EQ(found[0].partner_label, 0);
  EXPECT_EQ(found[0].similarity.sizes(), (at::IntArrayRef{3, 4, 7}));
}

TEST(LabelledSubjects, AreOneVolumeOfEachThatHasLabels) {
  data_loader::DatasetManifest manifest;
  for (const std::uint32_t subject : {4, 4, 5, 6, 7}) {
    data_loader::VolumeEntry& entry = manifest.volumes.emplace_back();
    entry.subject = subject;
    if (subject != 5) entry.label_sha256 = "00";
  }
  EXPECT_EQ(LabelledSubjects(manifest, 9), (std::vector<std::uint32_t>{0, 3, 4}));
  EXPECT_EQ(LabelledSubjects(manifest, 2), (std::vector<std::uint32_t>{0, 3}));
}

TEST(ToOneSize, PadsAtTheEnds) {
  const auto [one, other] = ToOneSize(at::ones({2, 3, 4}), at::ones({3, 3, 2}));
  EXPECT_EQ(one.sizes(), (at::IntArrayRef{3, 3, 4}));
  EXPECT_EQ(other.sizes(), one.sizes());
  EXPECT_EQ(one.select(0, 2).sum().item<float>(), 0);
  EXPECT_EQ(other.narrow(2, 0, 2).sum().item<float>(), 18);
}

class LookAt : public InferFixture {
 protected:
  LookAt() { EXPECT_TRUE(testing::WriteTinyDataset(files_, Dataset(), 4, {16, 17, 18}, 2).ok()); }
  std::string Dataset() const { return directory_ / "dataset"; }
  std::string File(const std::string& name = "look.safetensors") const { return directory_ / name; }

  // A checkpoint of freshly drawn weights of the method.
  std::string Checkpoint(const std::string& method) {
    MethodOptions options;
    options.method = method;
    options.width = 8;
    options.slots = 2;
    auto made = *MakeMethod(options);
    NamedTensors weights = made->NamedParameters();
    for (const auto& fixed : made->FixedWeights()) weights.push_back(fixed);
    CheckpointManifest manifest = Manifest("pretrain");
    manifest.method = method;
    return WriteCheckpoint(manifest, weights);
  }

  StatusOr<LookSummary> Run(const std::string& checkpoint, const std::string& output) {
    return Look(files_, {checkpoint, Dataset(), output, 3, 10, 2, 1});
  }
};

TEST_F(LookAt, GvslWritesTissuePartnersAndARestoredVolume) {
  const auto summary = Run(Checkpoint("gvsl"), File());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->tissue_rows, 3 * 3 * 10);
  EXPECT_EQ(summary->points, 2 * 2);
  EXPECT_TRUE(summary->restored);
  const auto file = SafetensorsFile::Open(files_, File());
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->Find("tissue.features")->shape, (std::vector<std::int64_t>{90, 8}));
  EXPECT_EQ(file->Find("pair-1.points")->shape, (std::vector<std::int64_t>{2, 8}));
  EXPECT_EQ(file->Find("pair-1.similarity")->shape, (std::vector<std::int64_t>{2, 16, 17, 18}));
  for (const char* part : {"clean", "damaged", "restored"}) {
    EXPECT_EQ(file->Find(std::string("restoration.") + part)->shape,
              (std::vector<std::int64_t>{16, 17, 18}));
  }
  EXPECT_EQ(file->metadata().at("method"), "gvsl");
  EXPECT_THAT(ToText(*summary), HasSubstr("gvsl at step 500: 90 voxels"));
}

// Whatever the size, a place of the bottleneck's lies over the same place of the local features.
TEST_F(LookAt, FeaturesOfBothLayersLieOverEachOther) {
  const std::string checkpoint = Checkpoint("gvsl");
  const auto weights = SafetensorsFile::Open(files_, JoinPath(checkpoint, kModelFile));
  const auto backbone = Backbone::Load(weights->tensors());
  ASSERT_TRUE(backbone.ok()) << backbone.status();
  // 20 voxels are padded to 32, by 6 on either side: the same by hand has the same features.
  const at::Tensor small = Noise({20, 20, 20}, 5);
  const at::Tensor padded = at::constant_pad_nd(small, {6, 6, 6, 6, 6, 6}, 0);
  const auto middle = [](const at::Tensor& features) {
    return features.narrow(1, 6, 20).narrow(2, 6, 20).narrow(3, 6, 20);
  };
  const at::Tensor found = backbone->LocalAndGlobal(small);
  EXPECT_EQ(found.sizes(), (at::IntArrayRef{17 * 8, 20, 20, 20}));
  const at::Tensor by_hand = middle(backbone->LocalAndGlobal(padded));
  // Standardised over other voxels, so alike but for scale and mean.
  for (const std::int64_t channel : {0, 100}) {
    const at::Tensor a = found[channel] - found[channel].mean();
    const at::Tensor b = by_hand[channel] - by_hand[channel].mean();
    EXPECT_NEAR(((a * b).sum() / (a.norm() * b.norm())).item<float>(), 1, 1e-4) << channel;
  }
}

TEST_F(LookAt, LooksAtTheMiddleOfWhatIsTooLarge) {
  std::filesystem::remove_all(Dataset());
  ASSERT_TRUE(testing::WriteTinyDataset(files_, Dataset(), 1, {16, 101, 17}, 1).ok());
  const auto dataset = data_loader::Dataset::Open(files_, Dataset());
  const auto volume = ReadMiddle(**dataset, 0);
  ASSERT_TRUE(volume.ok());
  EXPECT_EQ(volume->voxels.sizes(), (at::IntArrayRef{16, 96, 17}));
  const auto view = (*dataset)->Volume(0);
  EXPECT_EQ(volume->voxels[3][0][4].item<float>(), view->voxels[(3 * 101 + 2) * 17 + 4]);
  EXPECT_EQ((*volume->labels)[3][0][4].item<int>(), (*view->labels)[(3 * 101 + 2) * 17 + 4]);
}

TEST_F(LookAt, EveryKindOfMethodCanBeLookedAtAndTheSameTwice) {
  for (const char* method : {"scratch", "inpainting", "byol", "gvsl-no-matching"}) {
    const std::string checkpoint = Checkpoint(method);
    const auto summary = Run(checkpoint, File());
    ASSERT_TRUE(summary.ok()) << method << ": " << summary.status();
    EXPECT_EQ(summary->restored,
              std::string(method) == "inpainting" || std::string(method) == "gvsl-no-matching");
    ASSERT_TRUE(Run(checkpoint, File("again")).ok());
    EXPECT_EQ(*ReadFile(files_, File()), *ReadFile(files_, File("again")));
    std::filesystem::remove_all(checkpoint);
  }
}

TEST_F(LookAt, SaysWhatIsMissing) {
  const std::string checkpoint = Checkpoint("gvsl");
  EXPECT_THAT(Run(JoinPath(checkpoint, kModelFile), File()).status().message(),
              HasSubstr("a checkpoint is needed"));
  EXPECT_EQ(Run(directory_ / "nowhere", File()).status().code(), StatusCode::kNotFound);
  std::filesystem::remove_all(Dataset());
  ASSERT_TRUE(testing::WriteTinyDataset(files_, Dataset(), 4, {16, 16, 16}, 2, false).ok());
  EXPECT_THAT(Run(checkpoint, File()).status().message(), HasSubstr("no volume has a label map"));
  EXPECT_FALSE(files_.Exists(File()));
}

}  // namespace
}  // namespace gvsl::model
