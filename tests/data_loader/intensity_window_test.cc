#include "data_loader/intensity_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/philox.h"

namespace gvsl::data_loader {
namespace {

std::array<double, 2> RangeOf(const std::string& window, const std::vector<float>& voxels) {
  return std::get<IntensityWindow>(ChooseWindow(*ParseWindow(window), "OT", voxels)).range;
}

// By putting all in order, as its definition has it.
double SortedPercentile(std::vector<float> values, double percent) {
  std::ranges::sort(values);
  const double rank = percent / 100 * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::size_t>(std::floor(rank));
  const double low = values[lower];
  if (lower + 1 == values.size()) return low;
  return low + (values[lower + 1] - low) * (rank - static_cast<double>(lower));
}

// Either sign, far apart and close together, zeros, and the same ones often.
std::vector<float> RandomVoxels(std::uint64_t seed, std::size_t count) {
  Philox draws(seed, DrawPurpose::kCrop, 0, 0);
  const double width = std::pow(10, 8 * draws.NextDouble() - 3);
  const double middle = (2 * draws.NextDouble() - 1) * width;
  const bool is_whole = draws.NextDouble() < 0.5;
  std::vector<float> voxels = {0.0F, -0.0F, static_cast<float>(width), static_cast<float>(-width)};
  while (voxels.size() < count) {
    const double value = middle + (2 * draws.NextDouble() - 1) * width;
    voxels.push_back(static_cast<float>(is_whole ? std::round(value) : value));
  }
  for (std::size_t i = voxels.size(); i > 1; --i) {
    std::swap(voxels[i - 1], voxels[draws.NextBelow(static_cast<std::uint32_t>(i))]);
  }
  return voxels;
}

TEST(Window, OfCtMapsAThousandAndTwentyFourHounsfieldUnitsEitherWay) {
  std::vector<float> voxels = {-3000, -1024, 0, 512, 1024, 5000};
  const auto window = std::get<IntensityWindow>(ChooseWindow(std::nullopt, "CT", voxels));
  EXPECT_EQ(window.name, "ct");
  ApplyWindow(window, voxels);
  EXPECT_EQ(voxels, (std::vector<float>{0, 0, 0.5, 0.75, 1, 1}));
}

TEST(Window, OfMrIsThePercentilesOfTheVoxelsThatAreNotZero) {
  std::vector<float> voxels(500, 0.0F);
  for (int i = 1; i <= 1001; ++i) voxels.push_back(static_cast<float>(i));
  const auto window = std::get<IntensityWindow>(ChooseWindow(std::nullopt, "MR", voxels));
  EXPECT_EQ(window.name, "mr");
  EXPECT_DOUBLE_EQ(window.range[0], 6);
  EXPECT_DOUBLE_EQ(window.range[1], 996);
}

TEST(Window, OfMrIsWhatPuttingAllInOrderGives) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<float> voxels = RandomVoxels(seed, 5 + 13 * seed);
    std::vector<float> nonzero = voxels;
    std::erase(nonzero, 0.0F);
    std::array expected = {SortedPercentile(nonzero, 0.5), SortedPercentile(nonzero, 99.5)};
    if (expected[0] == expected[1]) expected = RangeOf("minmax", voxels);  // nearly all are alike
    EXPECT_EQ(RangeOf("mr", voxels), expected) << seed;
  }
}

TEST(Window, OfTheWholeRangeIsTheLeastAndTheGreatestWithTheSignsOfZeros) {
  const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<float> voxels = RandomVoxels(seed, 5 + seed);
    if (seed % 3 != 0) {
      for (float& voxel : voxels)
        voxel = seed % 3 == 1 ? std::max(voxel, 0.0F) : std::min(voxel, -0.0F);
    }
    const auto [least, greatest] = std::ranges::minmax_element(voxels);
    const std::array<double, 2> range = RangeOf("minmax", voxels);
    EXPECT_EQ(bits(range[0]), bits(*least)) << seed;
    EXPECT_EQ(bits(range[1]), bits(*greatest)) << seed;
  }
}

TEST(Window, OfANiftiWithoutModalityIsCtWhereItGoesBelowMinusFiveHundred) {
  EXPECT_EQ(KnownModality("", std::vector<float>{-501, 3}), "CT");
  EXPECT_EQ(KnownModality("", std::vector<float>{-500, 3}), "OT");
  EXPECT_EQ(KnownModality("MR", std::vector<float>{-600, 3}), "MR");
  EXPECT_EQ(KnownModality("PT", std::vector<float>{-600, 3}), "OT");
}

TEST(Window, CanBeTwoNumbersOrTheWholeRange) {
  const std::vector<float> voxels = {-7, 0, 13};
  const auto minmax = ChooseWindow(*ParseWindow("minmax"), "CT", voxels);
  EXPECT_EQ(std::get<0>(minmax).range, (std::array<double, 2>{-7, 13}));
  const auto given = ChooseWindow(*ParseWindow("-100,240.5"), "CT", voxels);
  EXPECT_EQ(std::get<0>(given).range, (std::array<double, 2>{-100, 240.5}));
  for (const char* wrong : {"", "bone", "1", "1,", "5,1", "1,2,3", "nan,1", "1,1"}) {
    EXPECT_EQ(ParseWindow(wrong).status().code(), StatusCode::kInvalidArgument) << wrong;
  }
}

TEST(Window, OfAVolumeWithOneValueIsRefused) {
  const std::vector<float> voxels(10, 5.0F);
  EXPECT_EQ(std::get<Rejection>(ChooseWindow(std::nullopt, "CT", voxels)).code, "CONSTANT");
}

}  // namespace
}  // namespace gvsl::data_loader
