#include "data_loader/crop.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <vector>

namespace gvsl::data_loader {
namespace {

using Size = std::array<std::int64_t, 3>;

TEST(Crop, LiesInsideBothVolumes) {
  for (std::uint64_t step = 0; step < 200; ++step) {
    const CropPair crop = DrawCrop(1, step, 3, 0, {20, 31, 16}, {27, 18, 40}, {16, 16, 16});
    const Size a = {20, 31, 16}, b = {27, 18, 40};
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_GE(crop.a[axis], 0);
      EXPECT_LE(crop.a[axis] + 16, a[axis]);
      EXPECT_GE(crop.b[axis], 0);
      EXPECT_LE(crop.b[axis] + 16, b[axis]);
    }
  }
}

TEST(Crop, OfAIsUniform) {
  std::map<std::int64_t, int> counts;
  for (std::uint64_t step = 0; step < 5000; ++step) {
    ++counts[DrawCrop(1, step, 0, 0, {20, 16, 16}, {20, 16, 16}, {16, 16, 16}).a[0]];
  }
  ASSERT_EQ(counts.size(), 5U);
  for (const auto& [origin, count] : counts) EXPECT_NEAR(count, 1000, 150) << origin;
}

TEST(Crop, OfBHasTheSameRelativeCentre) {
  for (std::uint64_t step = 0; step < 100; ++step) {
    const CropPair crop = DrawCrop(1, step, 0, 0, {100, 100, 100}, {150, 100, 80}, {32, 32, 32});
    EXPECT_EQ(crop.b[1], crop.a[1]);
    EXPECT_LE(std::abs((crop.b[0] + 16) / 150.0 - (crop.a[0] + 16) / 100.0), 0.5 / 150 + 1e-9);
    const double centre = (crop.a[2] + 16) / 100.0 * 80;
    EXPECT_LE(std::abs(crop.b[2] + 16 - std::clamp(centre, 16.0, 64.0)), 0.5 + 1e-9);
  }
}

TEST(Crop, OfEqualSizesIsTheSameBox) {
  for (std::uint64_t step = 0; step < 50; ++step) {
    const CropPair crop = DrawCrop(9, step, 1, 2, {33, 40, 21}, {33, 40, 21}, {32, 32, 32});
    EXPECT_EQ(crop.a, crop.b);
  }
}

TEST(Crop, OfAnAxisShorterThanThePatchStartsAtZero) {
  const CropPair crop = DrawCrop(1, 5, 0, 0, {10, 50, 50}, {60, 12, 50}, {32, 32, 32});
  EXPECT_EQ(crop.a[0], 0);
  EXPECT_EQ(crop.b[0], 14);  // the middle
  EXPECT_EQ(crop.b[1], 0);
}

TEST(Crop, IsAPureFunctionOfItsArguments) {
  const Size size = {64, 64, 64}, patch = {32, 32, 32};
  EXPECT_EQ(DrawCrop(1, 2, 3, 0, size, size, patch), DrawCrop(1, 2, 3, 0, size, size, patch));
  EXPECT_NE(DrawCrop(1, 2, 3, 0, size, size, patch), DrawCrop(1, 2, 3, 1, size, size, patch));
  EXPECT_NE(DrawCrop(1, 2, 3, 0, size, size, patch), DrawCrop(1, 3, 3, 0, size, size, patch));
  EXPECT_NE(DrawCrop(1, 2, 3, 0, size, size, patch), DrawCrop(2, 2, 3, 0, size, size, patch));
}

// Part of the format of a job, as the sample plan is.
TEST(Crop, OfSeedSevenNeverChanges) {
  const CropPair crop = DrawCrop(7, 11, 2, 1, {90, 80, 70}, {60, 100, 70}, {32, 48, 64});
  EXPECT_EQ(crop.a, (Size{41, 3, 0}));
  EXPECT_EQ(crop.b, (Size{22, 10, 0}));
}

TEST(Crop, IsCopiedAndPaddedWithZerosAtTheEnd) {
  std::vector<float> voxels(2 * 3 * 4);
  std::iota(voxels.begin(), voxels.end(), 1.0F);
  const VolumeView volume{{2, 3, 4}, voxels, std::nullopt};
  std::vector<float> out(2 * 2 * 5, -1.0F);
  CopyCrop(volume, {1, 1, 0}, {2, 2, 5}, out);
  EXPECT_EQ(out, (std::vector<float>{17, 18, 19, 20, 0, 21, 22, 23, 24, 0,  //
                                     0,  0,  0,  0,  0, 0,  0,  0,  0,  0}));
  std::vector<float> inner(2 * 2 * 2, -1.0F);
  CopyCrop(volume, {0, 1, 2}, {2, 2, 2}, inner);
  EXPECT_EQ(inner, (std::vector<float>{7, 8, 11, 12, 19, 20, 23, 24}));
}

}  // namespace
}  // namespace gvsl::data_loader
