#include "data_loader/even_slices.h"

#include <gtest/gtest.h>

#include "data_loader/geometry.h"
#include "tests/support/readings.h"

namespace gvsl::data_loader {
namespace {

// A value for each place, which any straight interpolation keeps: in the first voxel of a slice
// its mm along the third axis, in the second the negative.
RawVolume Ramp(const std::vector<double>& places) {
  RawVolume volume;
  volume.size = {static_cast<std::int64_t>(places.size()), 1, 2};
  const Vector3 along = {0.6, 0, 0.8};
  SetColumn(volume.to_ras, 0, {0.8, 0, -0.6});
  SetColumn(volume.to_ras, 1, {0, 2, 0});
  SetColumn(volume.to_ras, 2, Scale(along, places.back() / static_cast<double>(places.size() - 1)));
  SetColumn(volume.to_ras, 3, {4, 5, 6});
  for (const double place : places) {
    volume.voxels.push_back(static_cast<float>(place));
    volume.voxels.push_back(static_cast<float>(-place));
  }
  volume.modality = "CT";
  return volume;
}

TEST(EvenSlices, EveryVoxelIsWhatLiesAtItsPlace) {
  const std::vector<double> places = {0, 1, 2.5, 3.5, 5.25};
  const RawVolume even = ::gvsl::testing::ValueOf(SpaceEvenly(Ramp(places), places));
  ASSERT_EQ(even.size, (std::array<std::int64_t, 3>{6, 1, 2}));
  EXPECT_NEAR(Length(Column(even.to_ras, 2)), 1.05, 1e-12);
  for (int slice = 0; slice < 6; ++slice) {
    EXPECT_NEAR(even.voxels[2 * slice], 1.05 * slice, 1e-6);
    EXPECT_NEAR(even.voxels[2 * slice + 1], -1.05 * slice, 1e-6);
  }
  EXPECT_EQ(Column(even.to_ras, 3), (Vector3{4, 5, 6}));
  EXPECT_NEAR(Column(even.to_ras, 2)[0], 0.6 * 1.05, 1e-12);
  EXPECT_EQ(even.modality, "CT");
  EXPECT_TRUE(even.padding.empty());
  EXPECT_EQ(even.warnings.at(0).code, "SPACING_EVENED");
}

TEST(EvenSlices, PaddingDoesNotBleedIntoTissue) {
  const std::vector<double> places = {0, 1, 2, 3.5};
  RawVolume uneven = Ramp(places);
  uneven.padding.assign(8, false);
  uneven.padding[6] = true;  // in the last slice
  uneven.voxels[6] = -3000;
  const RawVolume even = ::gvsl::testing::ValueOf(SpaceEvenly(uneven, places));
  ASSERT_EQ(even.size[0], 5);  // 0.875 mm apart
  const std::vector<bool> expected = {false, false, false, false, false,
                                      false, true,  false, true,  false};
  EXPECT_EQ(even.padding, expected);
  EXPECT_FLOAT_EQ(even.voxels[6], -3000);
  EXPECT_NEAR(even.voxels[7], -2.625, 1e-5);
}

TEST(EvenSlices, WhatWouldGrowBeyondTheLimitsIsRefused) {
  RawVolume uneven = Ramp({0, 1e-5, 1});
  EXPECT_EQ(::gvsl::testing::CodeOf(SpaceEvenly(uneven, {0, 1e-5, 1})), "TOO_LARGE");
}

}  // namespace
}  // namespace gvsl::data_loader
