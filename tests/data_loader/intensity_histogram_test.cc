#include "data_loader/intensity_histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "common/fault_file_system.h"
#include "data_loader/dataset_manifest.h"
#include "tests/support/tiny_dataset.h"

namespace gvsl::data_loader {
namespace {

TEST(IntensityHistogram, ABinHoldsItsLowerEndAndTheLastOneToo) {
  const float below_one = std::nextafter(1.0F, 0.0F);
  const std::vector<float> voxels = {0, 1.0F / 64, 0.5F, below_one, 1};
  const IntensityHistogram histogram = CountIntensities(voxels);
  EXPECT_EQ(histogram[0], 1U);
  EXPECT_EQ(histogram[1], 1U);
  EXPECT_EQ(histogram[32], 1U);
  EXPECT_EQ(histogram[63], 2U);
  EXPECT_EQ(CountOf(histogram), 5U);
}

TEST(IntensityHistogram, CountsWhatNoWindowLeavesAtTheEnds) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> voxels = {-1, -infinity, nan, 7, infinity};
  const IntensityHistogram histogram = CountIntensities(voxels);
  EXPECT_EQ(histogram[0], 3U);
  EXPECT_EQ(histogram[63], 2U);
  EXPECT_EQ(CountOf(CountIntensities({})), 0U);
}

TEST(IntensityHistogram, IsInTheManifestOutsideTheDatasetsHash) {
  FaultFileSystem files;
  DatasetManifest manifest = *testing::WriteTinyDataset(files, "/set", 2, {5, 6, 7}, 2);
  const DatasetManifest read = *ReadManifest(files, "/set");
  ASSERT_TRUE(read.volumes[0].histogram.has_value());
  EXPECT_EQ(read.volumes[0].histogram, manifest.volumes[0].histogram);
  EXPECT_EQ(CountOf(*read.volumes[0].histogram), 5U * 6 * 7);

  manifest.volumes[0].histogram.reset();  // as an earlier version wrote it
  EXPECT_EQ(DatasetSha256(manifest), manifest.sha256);
  const auto older = ParseManifest(ToJson(manifest));
  ASSERT_TRUE(older.ok()) << older.status();
  EXPECT_FALSE(older->volumes[0].histogram.has_value());
}

TEST(IntensityHistogram, AManifestWhoseCountsAreNotThoseOfItsVolumeIsDamaged) {
  FaultFileSystem files;
  const DatasetManifest whole = *testing::WriteTinyDataset(files, "/set", 2, {5, 6, 7}, 2);
  const auto code = [&](auto change) {
    DatasetManifest manifest = whole;
    change(*manifest.volumes[1].histogram);
    return ParseManifest(ToJson(manifest)).status().code();
  };
  EXPECT_EQ(code([](IntensityHistogram&) {}), StatusCode::kOk);
  EXPECT_EQ(code([](IntensityHistogram& counts) { ++counts[5]; }), StatusCode::kDataLoss);
  EXPECT_EQ(code([](IntensityHistogram& counts) { counts = {}; }), StatusCode::kDataLoss);
  EXPECT_EQ(code([](IntensityHistogram& counts) {  // that overflow to the right sum
              counts[2] += std::uint64_t{1} << 63;
              counts[3] += std::uint64_t{1} << 63;
            }),
            StatusCode::kDataLoss);
}

}  // namespace
}  // namespace gvsl::data_loader
