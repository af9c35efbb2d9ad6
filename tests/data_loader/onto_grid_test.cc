#include "data_loader/onto_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "data_loader/nifti_file.h"
#include "data_loader/orientation.h"
#include "data_loader/resample.h"
#include "tests/support/nifti_maker.h"
#include "tests/support/temporary_directory.h"

namespace gvsl::data_loader {
namespace {

using ::testing::ElementsAre;

std::vector<float> Ramp(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.1F);
  return values;
}

// Turned by about 20 degrees, with unequal steps, one axis reversed.
Affine Oblique() {
  return {{{-0.71, 0.26, 0.11, 40.3}, {0.27, 0.92, -0.21, -17.9}, {-0.05, 0.24, 2.37, 3.7}}};
}

TEST(OntoGrid, GivesTheSameBitsOnTheSameGrid) {
  const VoxelGrid grid = {{7, 6, 5}, Oblique()};
  const std::vector<float> values = Ramp(210);
  EXPECT_EQ(OntoGrid(grid, values, grid), values);
}

TEST(OntoGrid, UndoesTheTurnToRasBitByBit) {
  RawVolume raw;
  raw.size = {4, 3, 5};
  raw.to_ras = {{{0.1, 1.9, 0.1, 5}, {-0.2, 0.1, 3.1, -7}, {-1.3, 0.2, 0.3, 11}}};
  raw.voxels = Ramp(60);
  const Image turned = ToRas(raw);
  ASSERT_NE(turned.voxels, raw.voxels);
  EXPECT_EQ(OntoGrid({turned.grid.size, turned.grid.to_ras}, turned.voxels, {raw.size, raw.to_ras}),
            raw.voxels);
}

TEST(OntoGrid, MixesNeighboursAndCarriesTheBorderOn) {
  const VoxelGrid from = {{1, 1, 3}, testing::Straight({2, 1, 1}, {0, 0, 0})};
  const VoxelGrid to = {{1, 1, 5}, testing::Straight({1, 1, 1}, {-1, 5, -5})};
  EXPECT_THAT(OntoGrid(from, std::vector<float>{4, 8, 0}, to), ElementsAre(4, 4, 6, 8, 4));
}

TEST(OntoGrid, UndoesResamplingOfWhatIsLinearButForTheBorder) {
  Image image;
  image.grid = {{6, 8, 10}, {1, 1, 1}, testing::Straight({1, 1, 1}, {3, 4, 5})};
  for (int i = 0; i < 480; ++i) {
    image.voxels.push_back(static_cast<float>(i % 10 + 2 * (i / 10 % 8) - 3 * (i / 80)));
  }
  const Image fine = Resample(image, {0.5, 0.5, 0.5});
  const std::vector<float> back = OntoGrid({fine.grid.size, fine.grid.to_ras}, fine.voxels,
                                           {image.grid.size, image.grid.to_ras});
  ForEachVoxel(image.grid.size, [&](std::int64_t i, const Vector3& at) {
    const bool border = at[0] < 1 || at[1] < 1 || at[2] < 1 || at[0] > 8 || at[1] > 6 || at[2] > 4;
    EXPECT_NEAR(border ? 0 : back[i] - image.voxels[i], 0, 1e-4) << i;
  });
}

TEST(Between, KnowsWhatLiesInNoVoxel) {
  const std::vector<float> values = {1, 2};
  const Between between({1, 1, 2}, values);
  EXPECT_EQ(between.AtInside({-0.5, 0, 0}), 1.0F);
  EXPECT_EQ(between.AtInside({1.5, 0, 0}), 2.0F);
  EXPECT_EQ(between.AtInside({1.6, 0, 0}), std::nullopt);
  EXPECT_EQ(between.AtInside({0, -0.6, 0}), std::nullopt);
}

TEST(WriteVectorField, WritesThreeComponentsAsTheFifthAxis) {
  const testing::TemporaryDirectory directory;
  const std::vector<float> components = Ramp(3 * 24);
  const std::string path = directory / "field.nii.gz";
  ASSERT_TRUE(WriteVectorField(path, {4, 3, 2}, Oblique(), components).ok());
  const auto header = std::get<NiftiHeader>(ReadNiftiHeader(path));
  EXPECT_THAT(header.size, ElementsAre(2, 3, 4, 1, 3, 1, 1));
  EXPECT_EQ(header.frame, NiftiFrame::kSform);
  EXPECT_NEAR(header.to_ras[2][2], 2.37, 1e-6);
  std::vector<float> read;
  const Rejection rejection = ReadNiftiValues(path, [&](std::span<const double> values) {
    for (const double value : values) read.push_back(static_cast<float>(value));
  });
  EXPECT_EQ(rejection.code, "");
  EXPECT_EQ(read, components);
}

}  // namespace
}  // namespace gvsl::data_loader
