// What is where on a thumbnail. The volumes are dark but for a few bright voxels.
#include "data_loader/thumbnail.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace gvsl::data_loader {
namespace {

constexpr int kEdge = 30;

struct Volume {
  explicit Volume(std::array<std::int64_t, 3> sides)
      : size(sides),
        voxels(static_cast<std::size_t>(size[0] * size[1] * size[2]), 0.0F),
        labels(voxels.size(), 0) {}
  std::size_t At(std::int64_t z, std::int64_t y, std::int64_t x) const {
    return static_cast<std::size_t>((z * size[1] + y) * size[2] + x);
  }
  // All voxels whose index along `axis` is at least half of the axis.
  void LightUpperHalf(int axis) {
    for (std::int64_t z = 0; z < size[0]; ++z) {
      for (std::int64_t y = 0; y < size[1]; ++y) {
        for (std::int64_t x = 0; x < size[2]; ++x) {
          const std::array<std::int64_t, 3> index = {z, y, x};
          if (index[axis] >= size[axis] / 2) voxels[At(z, y, x)] = 1;
        }
      }
    }
  }
  VolumeView View() const { return {size, voxels, std::nullopt}; }
  VolumeView Labelled() const { return {size, voxels, labels}; }
  std::array<std::int64_t, 3> size;
  std::vector<float> voxels;
  std::vector<std::int32_t> labels;
};

enum View { kAxial, kCoronal, kSagittal };

// The pixel at a place within one view, from its upper left corner.
int PixelAt(const Thumbnail& picture, View view, int x, int y) {
  const int column = view * kEdge + x;
  return picture.pixels[static_cast<std::size_t>(y * picture.width + column) * picture.channels];
}

TEST(Thumbnail, ThePatientsRightIsOnTheRight) {
  Volume volume({10, 10, 10});
  volume.LightUpperHalf(2);  // x runs to the patient's right
  const Thumbnail picture = MakeThumbnail(volume.View(), {1, 1, 1}, kEdge);
  EXPECT_EQ(picture.width, 3 * kEdge);
  EXPECT_EQ(picture.height, kEdge);
  for (const View view : {kAxial, kCoronal}) {
    EXPECT_EQ(PixelAt(picture, view, kEdge - 3, kEdge / 2), 255);
    EXPECT_EQ(PixelAt(picture, view, 2, kEdge / 2), 0);
  }
}

TEST(Thumbnail, TheFrontIsUpInAxialSlicesAndRightInSagittalOnes) {
  Volume volume({10, 10, 10});
  volume.LightUpperHalf(1);
  const Thumbnail picture = MakeThumbnail(volume.View(), {1, 1, 1}, kEdge);
  EXPECT_EQ(PixelAt(picture, kAxial, kEdge / 2, 2), 255);
  EXPECT_EQ(PixelAt(picture, kAxial, kEdge / 2, kEdge - 3), 0);
  EXPECT_EQ(PixelAt(picture, kSagittal, kEdge - 3, kEdge / 2), 255);
  EXPECT_EQ(PixelAt(picture, kSagittal, 2, kEdge / 2), 0);
}

TEST(Thumbnail, TheHeadIsUpInCoronalAndSagittalSlices) {
  Volume volume({10, 10, 10});
  volume.LightUpperHalf(0);
  const Thumbnail picture = MakeThumbnail(volume.View(), {1, 1, 1}, kEdge);
  for (const View view : {kCoronal, kSagittal}) {
    EXPECT_EQ(PixelAt(picture, view, kEdge / 2, 2), 255);
    EXPECT_EQ(PixelAt(picture, view, kEdge / 2, kEdge - 3), 0);
  }
}

TEST(Thumbnail, HasTrueProportions) {
  Volume volume({4, 20, 20});  // of 2.5, 1 and 1 mm: 10 x 20 x 20 mm
  volume.voxels.assign(volume.voxels.size(), 1);
  const Thumbnail picture = MakeThumbnail(volume.View(), {2.5, 1, 1}, kEdge);
  int bright = 0;
  for (int y = 0; y < kEdge; ++y) bright += PixelAt(picture, kCoronal, kEdge / 2, y) == 255;
  EXPECT_EQ(bright, kEdge / 2);
  EXPECT_EQ(PixelAt(picture, kCoronal, kEdge / 2, 0), 0);
  EXPECT_EQ(PixelAt(picture, kAxial, 0, 0), 255);
}

TEST(Thumbnail, BearsAnyShape) {
  for (const std::array<std::int64_t, 3>& size :
       {std::array<std::int64_t, 3>{1, 1, 1}, {1, 3, 5000}, {700, 1, 2}}) {
    Volume volume(size);
    volume.voxels.assign(volume.voxels.size(), 0.6F);
    const Thumbnail picture = MakeThumbnail(volume.View(), {0.0001, 1000, 1}, kEdge);
    EXPECT_EQ(picture.pixels.size(), 3U * kEdge * kEdge);
    EXPECT_EQ(MakeThumbnail(volume.View(), {1e308, 1e-308, 1e308}, kEdge).pixels.size(),
              picture.pixels.size());
    EXPECT_NE(std::count(picture.pixels.begin(), picture.pixels.end(), 153), 0);
  }
}

TEST(Thumbnail, TintsLabelsByValueAndDrawsTheirBorders) {
  Volume volume({10, 10, 10});
  volume.voxels.assign(volume.voxels.size(), 0.6F);
  for (std::int64_t z = 3; z < 7; ++z) {
    for (std::int64_t y = 3; y < 7; ++y) {
      for (std::int64_t x = 3; x < 7; ++x) volume.labels[volume.At(z, y, x)] = 1;
    }
  }
  const Thumbnail picture = MakeThumbnail(volume.Labelled(), {1, 1, 1}, kEdge);
  ASSERT_EQ(picture.channels, 3);
  const auto color = [&](int x, int y) {
    const std::size_t at = static_cast<std::size_t>(y * picture.width + x) * 3;
    return std::vector<int>{picture.pixels[at], picture.pixels[at + 1], picture.pixels[at + 2]};
  };
  EXPECT_EQ(color(2, 2), (std::vector<int>{153, 153, 153}));
  const auto inside = color(15, 15), border = color(9, 15);
  EXPECT_GT(inside[0], inside[2]);
  EXPECT_NE(inside, border);
  EXPECT_EQ(color(8, 15), (std::vector<int>{153, 153, 153}));
  volume.labels.assign(volume.labels.size(), 2);
  const Thumbnail other = MakeThumbnail(volume.Labelled(), {1, 1, 1}, kEdge);
  EXPECT_LT(other.pixels[0], other.pixels[2]);
}

}  // namespace
}  // namespace gvsl::data_loader
