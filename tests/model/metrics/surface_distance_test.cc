#include "model/metrics/surface_distance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/philox.h"

namespace gvsl::model {
namespace {

using Labels = std::vector<std::int32_t>;
using Index = std::array<std::int64_t, 3>;

std::int64_t Voxel(const Index& at, const VoxelGrid& grid) {
  return (at[0] * grid.size[1] + at[1]) * grid.size[2] + at[2];
}

// `inside` of a voxel's indices decides who carries label 1.
template <typename Inside>
Labels Draw(const VoxelGrid& grid, Inside inside) {
  Labels labels;
  for (std::int64_t z = 0; z < grid.size[0]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[2]; ++x) labels.push_back(inside(z, y, x) ? 1 : 0);
    }
  }
  return labels;
}

SurfaceDistance Measure(const Labels& prediction, const Labels& truth, const VoxelGrid& grid,
                        std::int32_t label = 1) {
  const auto distance = MeasureSurfaceDistance(prediction, truth, grid, label);
  EXPECT_TRUE(distance.ok()) << distance.status();
  return distance.value().value();
}

std::vector<Index> SurfaceVoxels(const Labels& labels, const VoxelGrid& grid, std::int32_t label) {
  const auto carries = [&](Index at) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (at[axis] < 0 || at[axis] >= grid.size[axis]) return false;
    }
    return labels[Voxel(at, grid)] == label;
  };
  std::vector<Index> found;
  for (std::int64_t z = 0; z < grid.size[0]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[2]; ++x) {
        if (!carries({z, y, x})) continue;
        const bool enclosed = carries({z - 1, y, x}) && carries({z + 1, y, x}) &&
                              carries({z, y - 1, x}) && carries({z, y + 1, x}) &&
                              carries({z, y, x - 1}) && carries({z, y, x + 1});
        if (!enclosed) found.push_back({z, y, x});
      }
    }
  }
  return found;
}

std::vector<double> AllPairs(const std::vector<Index>& from, const std::vector<Index>& to,
                             const VoxelGrid& grid) {
  std::vector<double> distances;
  for (const Index& a : from) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const Index& b : to) {
      nearest = std::min(nearest, std::hypot(static_cast<double>(a[0] - b[0]) * grid.spacing[0],
                                             static_cast<double>(a[1] - b[1]) * grid.spacing[1],
                                             static_cast<double>(a[2] - b[2]) * grid.spacing[2]));
    }
    distances.push_back(nearest);
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

double Percentile95(const std::vector<double>& ascending) {
  const double rank = static_cast<double>(ascending.size() - 1) * 95 / 100;
  const double part = rank - std::floor(rank);
  return ascending[static_cast<std::size_t>(std::floor(rank))] * (1 - part) +
         ascending[static_cast<std::size_t>(std::ceil(rank))] * part;
}

SurfaceDistance ByAllPairs(const Labels& prediction, const Labels& truth, const VoxelGrid& grid,
                           std::int32_t label) {
  const auto predicted = SurfaceVoxels(prediction, grid, label);
  const auto actual = SurfaceVoxels(truth, grid, label);
  const auto there = AllPairs(predicted, actual, grid);
  const auto back = AllPairs(actual, predicted, grid);
  double sum = 0;
  for (const double distance : there) sum += distance;
  for (const double distance : back) sum += distance;
  return {std::max(Percentile95(there), Percentile95(back)),
          sum / static_cast<double>(there.size() + back.size())};
}

TEST(SurfaceDistance, AgreesWithAllPairsOnRandomMapsOfAnySpacing) {
  const std::vector<VoxelGrid> grids = {{{6, 7, 8}, {1, 1, 1}},
                                        {{5, 9, 7}, {5, 0.7, 0.9}},
                                        {{9, 4, 6}, {0.4, 2.2, 1.3}},
                                        {{1, 10, 11}, {3, 0.5, 0.5}}};
  for (const VoxelGrid& grid : grids) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      Philox draws(seed, DrawPurpose::kVirtualSubject, 0, 0);
      // Mostly of the class, so that some voxels are enclosed; more so in the truth.
      const Labels prediction = Draw(grid, [&](auto...) { return draws.NextBelow(10) > 2; });
      const Labels truth = Draw(grid, [&](auto...) { return draws.NextBelow(20) > 0; });
      for (const std::int32_t label : {0, 1}) {
        const SurfaceDistance expected = ByAllPairs(prediction, truth, grid, label);
        const SurfaceDistance distance = Measure(prediction, truth, grid, label);
        EXPECT_NEAR(distance.hd95, expected.hd95, 1e-10);
        EXPECT_NEAR(distance.assd, expected.assd, 1e-10);
      }
    }
  }
}

// The figures are SciPy's: binary_erosion, distance_transform_edt and NumPy's percentile.
TEST(SurfaceDistance, AgreesWithSciPyOnAnEllipsoidAndABoxWithAnOutlier) {
  const VoxelGrid grid{{12, 17, 15}, {3, 0.7, 1.1}};
  const Labels ellipsoid = Draw(grid, [](std::int64_t z, std::int64_t y, std::int64_t x) {
    return 4 * (z - 5) * (z - 5) + (y - 8) * (y - 8) + 2 * (x - 6) * (x - 6) <= 40;
  });
  Labels box = Draw(grid, [](std::int64_t z, std::int64_t y, std::int64_t x) {
    return z >= 4 && z <= 8 && y >= 3 && y <= 11 && x <= 9;
  });
  box.back() = 1;
  const SurfaceDistance distance = Measure(ellipsoid, box, grid);
  EXPECT_NEAR(distance.hd95, 6.0, 1e-10);
  EXPECT_NEAR(distance.assd, 1.6189471849024453, 1e-10);
}

TEST(SurfaceDistance, IsThatOfTwoVoxelsInMillimetres) {
  const VoxelGrid grid{{4, 5, 6}, {2, 3, 0.5}};
  Labels one(120, 0), other(120, 0);
  one[Voxel({0, 0, 0}, grid)] = 1;
  other[Voxel({3, 1, 4}, grid)] = 1;
  const SurfaceDistance distance = Measure(one, other, grid);
  EXPECT_DOUBLE_EQ(distance.hd95, 7);  // 6, 3 and 2 mm
  EXPECT_DOUBLE_EQ(distance.assd, 7);
}

TEST(SurfaceDistance, IsTheGreaterDirectionsPercentileAndTheMeanOfAllDistances) {
  const VoxelGrid grid{{1, 1, 30}, {1, 1, 1}};
  const Labels one = Draw(grid, [](auto, auto, std::int64_t x) { return x == 0; });
  const Labels row = Draw(grid, [](auto, auto, std::int64_t x) { return x <= 20; });
  // There: 0 alone. Back: 0 to 20, of which rank 0.95 * 20 = 19.
  const SurfaceDistance distance = Measure(one, row, grid);
  EXPECT_DOUBLE_EQ(distance.hd95, 19);
  EXPECT_DOUBLE_EQ(distance.assd, 210.0 / 22);
  const SurfaceDistance swapped = Measure(row, one, grid);
  EXPECT_EQ(swapped.hd95, distance.hd95);
  EXPECT_EQ(swapped.assd, distance.assd);
}

TEST(SurfaceDistance, InterpolatesBetweenRanks) {
  const VoxelGrid grid{{1, 1, 4}, {1, 1, 2}};
  // Distances back: 0, 2 and 4 mm; rank 1.9.
  EXPECT_DOUBLE_EQ(Measure({1, 0, 0, 0}, {1, 1, 1, 0}, grid).hd95, 3.8);
}

TEST(SurfaceDistance, TakesTheVolumesBorderForASurface) {
  const VoxelGrid grid{{5, 5, 5}, {1, 1, 1}};
  const Labels full = Draw(grid, [](auto...) { return true; });
  const Labels middle = Draw(grid, [](std::int64_t z, std::int64_t y, std::int64_t x) {
    return z == 2 && y == 2 && x == 2;
  });
  // All of a full volume's surface is its border, at least 2 from the middle.
  const SurfaceDistance expected = ByAllPairs(full, middle, grid, 1);
  const SurfaceDistance distance = Measure(full, middle, grid);
  EXPECT_NEAR(distance.hd95, expected.hd95, 1e-12);
  EXPECT_NEAR(distance.assd, expected.assd, 1e-12);
  EXPECT_GT(distance.assd, 2);
}

TEST(SurfaceDistance, IsZeroForEqualMapsAndKeepsTheOtherClassesOut) {
  const VoxelGrid grid{{1, 2, 3}, {1, 1, 1}};
  const SurfaceDistance distance = Measure({3, 0, 1, 3, 3, 2}, {3, 2, 0, 3, 3, 1}, grid, 3);
  EXPECT_EQ(distance.hd95, 0);
  EXPECT_EQ(distance.assd, 0);
}

TEST(SurfaceDistance, IsAbsentWhereAMapLacksTheClass) {
  const VoxelGrid grid{{1, 1, 2}, {1, 1, 1}};
  const std::vector<std::pair<Labels, Labels>> cases = {
      {{1, 0}, {0, 0}}, {{0, 0}, {0, 1}}, {{0, 0}, {0, 0}}};
  for (const auto& [prediction, truth] : cases) {
    const auto distance = MeasureSurfaceDistance(prediction, truth, grid, 1);
    ASSERT_TRUE(distance.ok()) << distance.status();
    EXPECT_FALSE(distance->has_value());
  }
}

TEST(SurfaceDistance, RefusesAGridThatIsNotTheMaps) {
  const Labels map(6, 1);
  const auto code = [&](const VoxelGrid& grid) {
    return MeasureSurfaceDistance(map, map, grid, 1).status().code();
  };
  EXPECT_EQ(code({{1, 2, 3}, {1, 1, 1}}), StatusCode::kOk);
  const std::int64_t huge = std::int64_t{1} << 40;
  for (const Index& size : {Index{1, 2, 4}, Index{1, 2, 2}, Index{0, 2, 3}, Index{-1, -2, 3},
                            Index{huge, huge, huge}}) {
    EXPECT_EQ(code({size, {1, 1, 1}}), StatusCode::kInvalidArgument);
  }
  for (const double spacing : {0.0, -1.0, std::nan(""), HUGE_VAL, 1e200}) {
    EXPECT_EQ(code({{1, 2, 3}, {1, spacing, 1}}), StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(MeasureSurfaceDistance(map, Labels(5, 1), {{1, 2, 3}, {1, 1, 1}}, 1).status().message(),
            "a label map of 5 voxels on a grid of 1x2x3");
}

}  // namespace
}  // namespace gvsl::model
