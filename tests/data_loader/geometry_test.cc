#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data_loader/geometry.h"
#include "data_loader/orientation.h"
#include "data_loader/resample.h"
#include "tests/support/nifti_maker.h"

namespace gvsl::data_loader {
namespace {

using ::gvsl::testing::Straight;

// A slightly oblique RAS volume of 4 x 5 x 6 (x, y, z) whose voxel is worth its own number.
RawVolume Numbered() {
  RawVolume volume;
  volume.size = {6, 5, 4};
  volume.to_ras = {{{1.5, 0.1, 0, -3}, {-0.15, 1, 0, 7}, {0, 0, 2, 11}}};
  volume.voxels.resize(120);
  std::iota(volume.voxels.begin(), volume.voxels.end(), 0.0F);
  return volume;
}

// The same volume stored with its axes exchanged and flipped.
RawVolume Stored(const RawVolume& volume, const std::array<int, 3>& axes,
                 const std::array<bool, 3>& flips) {
  RawVolume result;
  const std::array<std::int64_t, 3> old = {volume.size[2], volume.size[1], volume.size[0]};
  std::array<std::int64_t, 3> size;
  for (int axis = 0; axis < 3; ++axis) size[axis] = old[axes[axis]];
  result.size = {size[2], size[1], size[0]};
  SetColumn(result.to_ras, 3, Column(volume.to_ras, 3));
  for (int axis = 0; axis < 3; ++axis) {
    const Vector3 step = Column(volume.to_ras, axes[axis]);
    SetColumn(result.to_ras, axis, Scale(step, flips[axis] ? -1 : 1));
    if (flips[axis]) {
      SetColumn(result.to_ras, 3,
                Add(Column(result.to_ras, 3), Scale(step, static_cast<double>(size[axis] - 1))));
    }
  }
  for (std::int64_t z = 0; z < size[2]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      for (std::int64_t x = 0; x < size[0]; ++x) {
        const std::array<std::int64_t, 3> at = {x, y, z};
        std::array<std::int64_t, 3> from;
        for (int axis = 0; axis < 3; ++axis) {
          from[axes[axis]] = flips[axis] ? size[axis] - 1 - at[axis] : at[axis];
        }
        result.voxels.push_back(volume.voxels[(from[2] * old[1] + from[1]) * old[0] + from[0]]);
      }
    }
  }
  return result;
}

TEST(Orientation, AllFortyEightWaysToStoreAVolumeGiveTheSameImage) {
  const RawVolume volume = Numbered();
  std::array<int, 3> axes = {0, 1, 2};
  do {
    for (int flips = 0; flips < 8; ++flips) {
      const Image image =
          ToRas(Stored(volume, axes, {(flips & 1) != 0, (flips & 2) != 0, (flips & 4) != 0}));
      EXPECT_EQ(image.voxels, volume.voxels);
      EXPECT_EQ(image.grid.size, volume.size);
      for (int row = 0; row < 3; ++row) {
        for (int i = 0; i < 4; ++i) {
          EXPECT_NEAR(image.grid.to_ras[row][i], volume.to_ras[row][i], 1e-12);
        }
      }
      EXPECT_NEAR(image.grid.spacing[0], 2, 1e-12);
    }
  } while (std::next_permutation(axes.begin(), axes.end()));
}

TEST(Orientation, OfObliqueAxesIsTheClosest) {
  const double c = std::cos(0.7), s = std::sin(0.7);
  const AxisOrder order = ClosestToRas({{{0, c, s, 0}, {0, -s, c, 0}, {-1, 0, 0, 0}}});
  EXPECT_EQ(order.source, (std::array<int, 3>{1, 2, 0}));
  EXPECT_EQ(order.flipped, (std::array<bool, 3>{false, false, true}));
}

TEST(Geometry, AnInverseUndoesItsMatrix) {
  const Affine affine = Numbered().to_ras;
  const Vector3 point = {3, -4, 5};
  const Vector3 back = Apply(Inverse(affine), Apply(affine, point));
  const Vector3 same = Apply(Compose(Inverse(affine), affine), point);
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(back[i], point[i], 1e-12);
    EXPECT_NEAR(same[i], point[i], 1e-12);
  }
  EXPECT_TRUE(IsInvertible(affine));
  EXPECT_FALSE(IsInvertible({}));
}

// A linear function of mm, on an oblique grid.
Image Ramp() {
  Image image = ToRas(Numbered());
  std::size_t voxel = 0;
  for (std::int64_t z = 0; z < image.grid.size[0]; ++z) {
    for (std::int64_t y = 0; y < image.grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < image.grid.size[2]; ++x) {
        const Vector3 mm = Apply(image.grid.to_ras, {static_cast<double>(x), static_cast<double>(y),
                                                     static_cast<double>(z)});
        image.voxels[voxel++] = static_cast<float>(2 * mm[0] - 3 * mm[1] + 0.5 * mm[2]);
      }
    }
  }
  return image;
}

TEST(Resample, KeepsALinearFunctionOfPositionInside) {
  const Image fine = Resample(Ramp(), {0.7, 0.6, 0.5});
  EXPECT_EQ(fine.grid.size, (std::array<std::int64_t, 3>{17, 8, 12}));
  for (std::int64_t z = 3; z < 14; ++z) {
    for (std::int64_t y = 2; y < 6; ++y) {
      for (std::int64_t x = 3; x < 9; ++x) {
        const Vector3 mm = Apply(fine.grid.to_ras, {static_cast<double>(x), static_cast<double>(y),
                                                    static_cast<double>(z)});
        EXPECT_NEAR(fine.voxels[(z * 8 + y) * 12 + x], 2 * mm[0] - 3 * mm[1] + 0.5 * mm[2], 1e-4);
      }
    }
  }
}

TEST(Resample, KeepsTheCentreOfTheVolumeInPlace) {
  const Image image = Ramp();
  const Image coarse = Resample(image, {3, 3, 3});
  const auto centre = [](const Grid& grid) {
    return Apply(grid.to_ras, {0.5 * (static_cast<double>(grid.size[2]) - 1),
                               0.5 * (static_cast<double>(grid.size[1]) - 1),
                               0.5 * (static_cast<double>(grid.size[0]) - 1)});
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_NEAR(centre(image.grid)[i], centre(coarse.grid)[i], 1e-9);
  }
  EXPECT_EQ(coarse.grid.spacing, (std::array<double, 3>{3, 3, 3}));
  EXPECT_NEAR(Length(Column(coarse.grid.to_ras, 0)), 3, 1e-9);
}

Image Line(std::vector<float> voxels) {
  const auto length = static_cast<std::int64_t>(voxels.size());
  return {{{1, 1, length}, {1, 1, 1}, Straight({1, 1, 1}, {0, 0, 0})}, std::move(voxels)};
}

// The numbers are those of PyTorch's interpolate(antialias=True).
TEST(Resample, AveragesWhatACoarserGridCannotShow) {
  const Image image = Line({0, 5, 1, 8, 2, 9, 4, 7, 3, 6});
  const Image coarse = Resample(image, {1, 1, 2.5});
  ASSERT_EQ(coarse.voxels.size(), 4U);
  const double expected[] = {2.63636364, 4.92, 5.72, 4.90909091};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(coarse.voxels[i], expected[i], 1e-6);
}

TEST(Resample, LeavesLittleOfStripesFinerThanTheNewGrid) {
  std::vector<float> stripes;
  for (int i = 0; i < 60; ++i) stripes.push_back(i % 2 == 0 ? 1.0F : -1.0F);
  const Image coarse = Resample(Line(std::move(stripes)), {1, 1, 3});
  for (std::size_t i = 2; i + 2 < coarse.voxels.size(); ++i) {
    EXPECT_NEAR(coarse.voxels[i], 0, 0.12);  // not 1
  }
}

TEST(Resample, BetweenVoxelsIsTheirMixtureToTheLastBit) {
  const Image fine = Resample(Line({0.1F, 5.7F, 1.3F}), {1, 1, 0.7});
  ASSERT_EQ(fine.voxels.size(), 4U);
  const auto mix = [](double low, double high, double weight) {
    return static_cast<float>(low + (high - low) * weight);
  };
  const double at = 1 - 0.5 * 0.7;  // of the second new voxel, in old ones
  EXPECT_EQ(fine.voxels[1], mix(0.1F, 5.7F, at));
  EXPECT_EQ(fine.voxels[2], mix(5.7F, 1.3F, 1 + 0.5 * 0.7 - 1));
  EXPECT_EQ(fine.voxels[0], 0.1F);
}

TEST(Resample, AtItsOwnSpacingChangesNothing) {
  const Image image = Ramp();
  const Image same = Resample(image, image.grid.spacing);
  EXPECT_EQ(same.voxels, image.voxels);
  EXPECT_EQ(same.grid.to_ras, image.grid.to_ras);
}

TEST(Labels, OnTheSameGridAreTheMap) {
  LabelMap map{{2, 2, 3}, Straight({1, 1, 1}, {0, 0, 0}), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  const Grid grid{{2, 2, 3}, {1, 1, 1}, Straight({1, 1, 1}, {0, 0, 0})};
  EXPECT_EQ(std::get<0>(LabelsOnGrid(map, grid)), map.values);
}

TEST(Labels, OfAnotherGridGoToTheNearestVoxelInMillimetres) {
  // The map is stored from left to right reversed, at half the spacing, and reaches less far.
  LabelMap map{{1, 1, 4}, Straight({-0.5, 1, 1}, {1.5, 0, 0}), {4, 3, 2, 1}};
  const Grid grid{{1, 1, 4}, {1, 1, 1}, Straight({1, 1, 1}, {0, 0, 0})};
  EXPECT_EQ(std::get<0>(LabelsOnGrid(map, grid)), (std::vector<std::int32_t>{1, 3, 0, 0}));
}

TEST(Labels, ThatDoNotLieOnTheImageAreRefused) {
  LabelMap map{{2, 2, 2}, Straight({1, 1, 1}, {100, 0, 0}), std::vector<std::int32_t>(8, 1)};
  const Grid grid{{2, 2, 2}, {1, 1, 1}, Straight({1, 1, 1}, {0, 0, 0})};
  EXPECT_EQ(std::get<Rejection>(LabelsOnGrid(map, grid)).code, "LABEL_GRID_MISMATCH");
  map.to_ras = Straight({1, 1, 1}, {-1, 0, 0});
  map.values = {1, 0, 1, 0, 1, 0, 1, 0};
  EXPECT_EQ(std::get<Rejection>(LabelsOnGrid(map, grid)).code, "LABEL_GRID_MISMATCH");
}

}  // namespace
}  // namespace gvsl::data_loader
