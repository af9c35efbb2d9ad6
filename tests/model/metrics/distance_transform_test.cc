#include "model/metrics/distance_transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "common/philox.h"

namespace gvsl::model {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Each voxel against each of the mask.
std::vector<double> AllPairs(const Mask& mask, const VoxelGrid& grid) {
  const auto [depth, height, width] = grid.size;
  const auto place = [&](std::int64_t i) {
    return std::array<double, 3>{static_cast<double>(i / width / height) * grid.spacing[0],
                                 static_cast<double>(i / width % height) * grid.spacing[1],
                                 static_cast<double>(i % width) * grid.spacing[2]};
  };
  std::vector<double> nearest(mask.size(), kInfinity);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    for (std::size_t j = 0; j < mask.size(); ++j) {
      if (mask[j] == 0) continue;
      const auto a = place(static_cast<std::int64_t>(i));
      const auto b = place(static_cast<std::int64_t>(j));
      double sum = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
      nearest[i] = std::min(nearest[i], sum);
    }
  }
  return nearest;
}

TEST(SquaredDistances, AgreeWithAllPairsOnGridsOfAnySpacing) {
  const std::vector<VoxelGrid> grids = {{{5, 6, 7}, {1, 1, 1}},
                                        {{4, 9, 6}, {5, 0.7, 0.9}},
                                        {{9, 3, 8}, {0.3, 2.5, 1}},
                                        {{1, 1, 12}, {1, 1, 0.25}},
                                        {{11, 1, 2}, {1.5, 1, 40}}};
  for (const VoxelGrid& grid : grids) {
    for (const std::uint32_t one_in : {2U, 10U, 60U}) {
      Philox draws(one_in, DrawPurpose::kVirtualSubject, 0, 0);
      Mask mask(static_cast<std::size_t>(grid.size[0] * grid.size[1] * grid.size[2]));
      for (std::uint8_t& voxel : mask) voxel = draws.NextBelow(one_in) == 0 ? 1 : 0;
      mask[draws.NextBelow(static_cast<std::uint32_t>(mask.size()))] = 1;
      const std::vector<double> expected = AllPairs(mask, grid);
      const std::vector<double> distances = SquaredDistances(mask, grid);
      ASSERT_EQ(distances.size(), expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(distances[i], expected[i], 1e-10) << i;
      }
    }
  }
}

TEST(SquaredDistances, AreInMillimetresAlongEachAxis) {
  Mask mask(8, 0);
  mask[0] = 1;
  EXPECT_EQ(SquaredDistances(mask, {{2, 2, 2}, {4, 2, 1}}),
            (std::vector<double>{0, 1, 4, 5, 16, 17, 20, 21}));
}

TEST(SquaredDistances, AreInfiniteWhereTheMaskIsEmptyAndZeroWhereItIsFull) {
  const VoxelGrid grid{{2, 3, 4}, {1, 1, 1}};
  EXPECT_EQ(SquaredDistances(Mask(24, 0), grid), std::vector<double>(24, kInfinity));
  EXPECT_EQ(SquaredDistances(Mask(24, 1), grid), std::vector<double>(24, 0));
}

}  // namespace
}  // namespace gvsl::model
