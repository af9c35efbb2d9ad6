#include "data_loader/suspicion.h"

#include <gtest/gtest.h>

#include <set>

#include "common/text.h"
#include "data_loader/outliers.h"

namespace gvsl::data_loader {
namespace {

constexpr std::uint64_t kVoxels = 40 * 40 * 40;

VolumeEntry Ordinary(std::uint32_t number) {
  VolumeEntry volume;
  volume.id = Concat("id", number);
  volume.grid.size = {40, 40, 40};
  volume.grid.spacing = {1, 1, 1};
  volume.modality = "MR";
  volume.window = "mr";
  volume.histogram.emplace();
  // Two humps, a little to and fro.
  (*volume.histogram)[2 + number % 3] = kVoxels / 2;
  (*volume.histogram)[20 + number % 5] = kVoxels - kVoxels / 2;
  return volume;
}

DatasetManifest Many() {
  DatasetManifest manifest;
  for (std::uint32_t i = 0; i < 20; ++i) manifest.volumes.push_back(Ordinary(i));
  return manifest;
}

std::set<std::string> CodesOf(const Suspicion& suspicion) {
  std::set<std::string> codes;
  for (const Flag& flag : suspicion.flags) codes.insert(flag.code);
  return codes;
}

// What volume 7 is suspected of when it is changed so; the others stay beyond suspicion, and it
// comes first.
template <typename Change>
std::set<std::string> Suspected(Change change) {
  DatasetManifest manifest = Many();
  change(manifest.volumes[7]);
  const std::vector<Suspicion> found = JudgeVolumes(manifest, {});
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_TRUE(i == 7 || found[i].flags.empty()) << i;
  }
  EXPECT_TRUE(found[7].flags.empty() || RankBySuspicion(found)[7] == 0);
  return CodesOf(found[7]);
}

using Set = std::set<std::string>;

TEST(Suspicion, NothingIsSaidOfOrdinaryVolumes) {
  EXPECT_EQ(Suspected([](VolumeEntry&) {}), Set{});
}

TEST(Suspicion, AHistogramFarFromTheMedianOfItsKind) {
  const auto shift = [](VolumeEntry& volume) {
    volume.histogram.emplace();
    (*volume.histogram)[40] = kVoxels / 2;
    (*volume.histogram)[55] = kVoxels - kVoxels / 2;
  };
  EXPECT_EQ(Suspected(shift), Set{"UNUSUAL_INTENSITIES"});
  // The only one of its kind is compared with nobody.
  EXPECT_EQ(Suspected([&](VolumeEntry& volume) {
              shift(volume);
              volume.modality = "CT";
            }),
            Set{});
}

TEST(Suspicion, NearlyEmptyAndClippedVolumes) {
  EXPECT_EQ(Suspected([](VolumeEntry& volume) {
              volume.histogram.emplace();
              (*volume.histogram)[0] = kVoxels - 100;
              (*volume.histogram)[9] = 100;
            }).count("NEARLY_EMPTY"),
            1U);
  EXPECT_EQ(Suspected([](VolumeEntry& volume) {
              volume.histogram.emplace();
              (*volume.histogram)[0] = kVoxels / 2;
              (*volume.histogram)[63] = kVoxels - kVoxels / 2;
            }).count("CLIPPED"),
            1U);
}

TEST(Suspicion, OddGrids) {
  EXPECT_EQ(Suspected([](VolumeEntry& volume) { volume.grid.size[1] = 200; }),
            Set{"UNUSUAL_EXTENT"});
  EXPECT_EQ(Suspected([](VolumeEntry& volume) {
              volume.grid.spacing = {4, 1, 1};
              volume.grid.size = {10, 40, 40};
            }),
            Set{"UNUSUAL_SPACING"});
  EXPECT_EQ(Suspected([](VolumeEntry& volume) {
              volume.grid.spacing = {6.5, 1, 1};
              volume.grid.size = {6, 40, 40};
            }),
            (Set{"UNUSUAL_SPACING", "THICK_SLICES", "FEW_SLICES"}));
  EXPECT_EQ(Suspected([](VolumeEntry& volume) { volume.grid.size = {44, 36, 42}; }), Set{});
}

TEST(Suspicion, LabelsThatAreNowhereOrEverywhere) {
  EXPECT_EQ(Suspected([](VolumeEntry& volume) {
              volume.label_voxels = {{0, kVoxels}};
            }),
            Set{"LABELS_EMPTY"});
  EXPECT_EQ(Suspected([](VolumeEntry& volume) {
              volume.label_voxels = {{0, 10}, {3, kVoxels - 10}};
            }),
            Set{"LABELS_ALMOST_ALL"});
  EXPECT_EQ(Suspected([](VolumeEntry& volume) {
              volume.label_voxels = {{0, kVoxels - 900}, {1, 900}};
            }),
            Set{});
}

TEST(Suspicion, VolumesThatAreTheSame) {
  DatasetManifest manifest = Many();
  manifest.volumes[3].id = "id2-2";
  const auto found = JudgeVolumes(manifest, {});
  EXPECT_EQ(CodesOf(found[2]), Set{"SAME_VOXELS"});
  EXPECT_EQ(CodesOf(found[3]), Set{"SAME_VOXELS"});
  EXPECT_EQ(CodesOf(found[4]), Set{});
}

TEST(Suspicion, WarningsOfTheIngestionCountALittle) {
  IngestReport report;
  report.accepted.push_back({"id5", "", false, {{"TILT_CORRECTED", "tilted", ""}}});
  const auto found = JudgeVolumes(Many(), report);
  EXPECT_TRUE(found[5].flags.empty());
  ASSERT_EQ(found[5].warnings.size(), 1U);
  EXPECT_EQ(RankBySuspicion(found)[5], 0U);
}

TEST(Suspicion, RobustDistancesBearOutliersAndEqualValues) {
  std::vector<double> values = {1, 2, 3, 4, 5, 6, 7, 8, 1000};
  const auto far = RobustDistances(values, 0.1);
  EXPECT_EQ(far[4], 0);
  EXPECT_NEAR(far[8], 995 / (1.4826 * 2), 1e-9);
  EXPECT_EQ(RobustDistances({5, 5, 5, 5, 5, 5, 5, 6}, 0.5)[7], 2);
  EXPECT_EQ(RobustDistances({5, 5, 5, 600}, 0.5), (std::vector<double>(4, 0)));
}

TEST(Suspicion, AnEmptyDatasetIsJudgedToo) { EXPECT_TRUE(JudgeVolumes({}, {}).empty()); }

}  // namespace
}  // namespace gvsl::data_loader
