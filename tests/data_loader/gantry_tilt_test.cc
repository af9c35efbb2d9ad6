#include "data_loader/gantry_tilt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data_loader/geometry.h"
#include "tests/support/readings.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::ValueOf;

// Anything linear in space stays what it is wherever it is looked at.
double Ramp(const Vector3& place) { return 3 * place[0] - 2 * place[1] + 5 * place[2]; }

// 9 oblique slices of 20 x 16 pixels, of which each lies `x` and `y` mm beside the one before.
RawVolume Tilted(double x, double y) {
  const double c = std::cos(0.4), s = std::sin(0.4);
  const Vector3 row = {c, s, 0}, column = {-s * c, c * c, s}, normal = Cross(row, column);
  RawVolume volume;
  volume.size = {9, 16, 20};
  SetColumn(volume.to_ras, 0, Scale(row, 0.5));
  SetColumn(volume.to_ras, 1, Scale(column, 0.75 / Length(column)));
  const Vector3 down = Scale(column, 1 / Length(column));
  SetColumn(volume.to_ras, 2,
            Add(Scale(normal, 3 / Length(normal)), Add(Scale(row, x), Scale(down, y))));
  SetColumn(volume.to_ras, 3, {-20, 10, 7});
  for (int z = 0; z < 9; ++z) {
    for (int i = 0; i < 16; ++i) {
      for (int k = 0; k < 20; ++k) {
        const Vector3 voxel = {double(k), double(i), double(z)};
        volume.voxels.push_back(static_cast<float>(Ramp(Apply(volume.to_ras, voxel))));
      }
    }
  }
  return volume;
}

void ExpectRightAngles(const Affine& to_ras) {
  for (const auto& [a, b] : {std::pair(0, 1), {0, 2}, {1, 2}}) {
    EXPECT_NEAR(Dot(Column(to_ras, a), Column(to_ras, b)), 0, 1e-9);
  }
}

void ExpectRamp(const RawVolume& volume) {
  std::size_t at = 0;
  for (int z = 0; z < volume.size[0]; ++z) {
    for (int y = 0; y < volume.size[1]; ++y) {
      for (int x = 0; x < volume.size[2]; ++x, ++at) {
        if (volume.padding[at]) continue;
        const Vector3 voxel = {double(x), double(y), double(z)};
        ASSERT_NEAR(volume.voxels[at], Ramp(Apply(volume.to_ras, voxel)), 2e-3) << at;
      }
    }
  }
}

TEST(GantryTilt, EveryVoxelIsWhatLiesAtItsPlace) {
  for (const auto& [x, y] : {std::pair(0.0, 1.0), {0.0, -1.0}, {0.3, 0.0}, {-0.21, 0.77}}) {
    const RawVolume tilted = Tilted(x, y);
    const RawVolume straight = ValueOf(Straighten(tilted));
    ASSERT_EQ(straight.voxels.size(), straight.padding.size());
    ExpectRightAngles(straight.to_ras);
    ExpectRamp(straight);
    EXPECT_EQ(straight.size[0], 9);
    EXPECT_EQ(straight.size[1], 16 + std::ceil(std::abs(y) * 8 / 0.75 - 1e-6));
    EXPECT_EQ(straight.size[2], 20 + std::ceil(std::abs(x) * 8 / 0.5 - 1e-6));
    // Each slice keeps all of its pixels but for those at an edge that it is moved across.
    const auto kept = std::count(straight.padding.begin(), straight.padding.end(), false);
    EXPECT_GE(kept, 9 * 15 * 19);
    EXPECT_LE(kept, 9 * 16 * 20);
    ASSERT_EQ(straight.warnings.size(), 1U);
    EXPECT_EQ(straight.warnings[0].code, "TILT_CORRECTED");
  }
}

TEST(GantryTilt, AWholePixelASliceChangesNoValue) {
  const RawVolume tilted = Tilted(0.5, 0);
  const RawVolume straight = ValueOf(Straighten(tilted));
  EXPECT_EQ(straight.size[2], 28);
  for (int z = 0; z < 9; ++z) {
    EXPECT_EQ(straight.voxels[(z * 16 + 3) * 28 + 5 + z], tilted.voxels[(z * 16 + 3) * 20 + 5]);
  }
}

TEST(GantryTilt, PaddingDoesNotBleedIntoTissue) {
  RawVolume tilted = Tilted(0, 0.3);
  tilted.padding.resize(tilted.voxels.size());
  tilted.padding[5 * 320 + 7 * 20 + 4] = true;
  tilted.voxels[5 * 320 + 7 * 20 + 4] = -30000;
  const RawVolume straight = ValueOf(Straighten(tilted));
  ExpectRamp(straight);
  EXPECT_GE(std::count(straight.padding.begin(), straight.padding.end(), false), 9 * 15 * 20 - 2);
}

TEST(GantryTilt, AShiftThatIsAlmostWholeStaysWithinItsSlices) {
  for (const double almost : {0.4999998, 0.5000002, 0.49999975, 0.50000025}) {
    ExpectRamp(ValueOf(Straighten(Tilted(almost, 0))));
    ExpectRamp(ValueOf(Straighten(Tilted(0, 1.5 * almost))));
    ExpectRamp(ValueOf(Straighten(Tilted(-almost, -1.5 * almost))));
  }
}

TEST(GantryTilt, WhatWouldGrowBeyondTheLimitsIsRefused) {
  RawVolume tilted = Tilted(0, 3);
  SetColumn(tilted.to_ras, 1, Scale(Column(tilted.to_ras, 1), 2e-4));
  EXPECT_EQ(testing::CodeOf(Straighten(tilted)), "TOO_LARGE");
}

TEST(GantryTilt, AGridThatWouldBeMostlyEmptyIsRefused) {
  RawVolume tilted = Tilted(0, 3);
  SetColumn(tilted.to_ras, 1, Scale(Column(tilted.to_ras, 1), 2e-3));  // 16000 rows in place of 16
  EXPECT_EQ(testing::CodeOf(Straighten(tilted)), "accepted");          // of little altogether
  tilted.size[2] *= 20;
  tilted.voxels.resize(tilted.voxels.size() * 20);
  EXPECT_EQ(testing::CodeOf(Straighten(tilted)), "TOO_LARGE");
}

}  // namespace
}  // namespace gvsl::data_loader
