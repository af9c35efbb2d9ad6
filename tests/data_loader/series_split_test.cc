#include "data_loader/series_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gvsl::data_loader {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kTolerance = 0.01;

std::optional<ChosenVolume> ChooseVolume(const std::vector<MarkedSlice>& slices) {
  return data_loader::ChooseVolume(slices, kTolerance);
}

// Slice `z` of four, with marks.
MarkedSlice At(int z, std::vector<std::pair<Mark, double>> marks = {}) {
  MarkedSlice slice{{1, 2, 3.0 * z}, {}};
  for (const auto& [mark, value] : marks) slice.marks[static_cast<std::size_t>(mark)] = value;
  return slice;
}

TEST(SeriesSplit, TakesAllOfASeriesThatIsOneVolume) {
  const auto chosen = ChooseVolume({At(0), At(2), At(1)});
  ASSERT_TRUE(chosen);
  EXPECT_THAT(chosen->slices, ElementsAre(0, 1, 2));
  EXPECT_THAT(chosen->by, IsEmpty());
}

TEST(SeriesSplit, TakesNoVolumeThatLiesBetweenTheSlicesOfAnother) {
  std::vector<MarkedSlice> slices;
  for (int z = 0; z < 4; ++z) {
    for (const double echo : {20.0, 10.0}) {
      slices.push_back(At(z, {{Mark::kEcho, echo}}));
      slices.back().position[2] += echo == 10 ? 1.3 : 0;
    }
  }
  const auto chosen = ChooseVolume(slices);
  ASSERT_TRUE(chosen);
  EXPECT_THAT(chosen->slices, ElementsAre(1, 3, 5, 7));
  EXPECT_THAT(chosen->by, ElementsAre(Mark::kEcho));
}

TEST(SeriesSplit, ASliceWithAnotherEchoIsNoVolumeOfItsOwn) {
  std::vector<MarkedSlice> slices;
  for (int z = 0; z < 8; ++z) slices.push_back(At(z, {{Mark::kEcho, z == 3 ? 9.99 : 10.0}}));
  const auto chosen = ChooseVolume(slices);
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->slices.size(), 8U);
  EXPECT_THAT(ChooseVolume({})->slices, IsEmpty());
}

TEST(SeriesSplit, EveryMarkTellsVolumesApartAndTheLeastValueIsTaken) {
  for (std::size_t mark = 0; mark < kMarks; ++mark) {
    std::vector<MarkedSlice> slices;
    for (const double value : {30.0, 10.0, 20.0}) {
      for (int z = 0; z < 4; ++z) slices.push_back(At(z, {{static_cast<Mark>(mark), value}}));
    }
    const auto chosen = ChooseVolume(slices);
    ASSERT_TRUE(chosen) << mark;
    EXPECT_THAT(chosen->slices, ElementsAre(4, 5, 6, 7)) << mark;
    EXPECT_THAT(chosen->by, ElementsAre(static_cast<Mark>(mark)));
  }
}

TEST(SeriesSplit, MagnitudeComesBeforeItsEchoesAndPointsInTime) {
  std::vector<MarkedSlice> slices;
  for (const double component : {1.0, 0.0}) {
    for (const double echo : {5.0, 2.0}) {
      for (const double time : {2.0, 1.0}) {
        for (int z = 0; z < 3; ++z) {
          slices.push_back(At(z, {{Mark::kComponent, component},
                                  {Mark::kEcho, echo},
                                  {Mark::kTemporalPosition, time}}));
        }
      }
    }
  }
  const auto chosen = ChooseVolume(slices);
  ASSERT_TRUE(chosen);
  EXPECT_THAT(chosen->slices, ElementsAre(21, 22, 23));
  EXPECT_THAT(chosen->by, ElementsAre(Mark::kComponent, Mark::kEcho, Mark::kTemporalPosition));
}

TEST(SeriesSplit, AMagnitudeThatLacksASliceIsNotReplacedByAPhaseNorByAMap) {
  for (const double other : {1.0, 4.0}) {
    std::vector<MarkedSlice> slices;
    for (int z = 0; z < 4; ++z) slices.push_back(At(z, {{Mark::kComponent, other}}));
    for (int z = 0; z < 4; ++z) slices.push_back(At(z, {{Mark::kComponent, 0}}));
    EXPECT_THAT(ChooseVolume(slices)->slices, ElementsAre(4, 5, 6, 7));
    slices.pop_back();
    EXPECT_FALSE(ChooseVolume(slices));
  }
}

TEST(SeriesSplit, PositionsThatTrembleAreOnePlaceWhereverTheyLie) {
  for (const double offset : {0.0, 0.005, 0.00499, 112.0005, -7.30005}) {
    std::vector<MarkedSlice> slices;
    for (const double time : {1.0, 2.0}) {
      for (int z = 0; z < 4; ++z) {
        slices.push_back(At(z, {{Mark::kTemporalPosition, time}}));
        slices.back().position[2] += offset + 1e-6 * time;
      }
    }
    const auto chosen = ChooseVolume(slices);
    ASSERT_TRUE(chosen) << offset;
    EXPECT_THAT(chosen->slices, ElementsAre(0, 1, 2, 3)) << offset;
  }
}

TEST(SeriesSplit, AVolumeThatLacksASliceIsPassedOver) {
  std::vector<MarkedSlice> slices;
  for (const double time : {1.0, 2.0, 3.0}) {
    for (int z = 0; z < 4; ++z) {
      if (time == 1 && z == 2) continue;
      slices.push_back(At(z, {{Mark::kTemporalPosition, time}}));
    }
  }
  const auto chosen = ChooseVolume(slices);
  ASSERT_TRUE(chosen);
  EXPECT_THAT(chosen->slices, ElementsAre(3, 4, 5, 6));
}

TEST(SeriesSplit, WhatNoMarkTellsApartIsNoVolume) {
  EXPECT_FALSE(ChooseVolume({At(0), At(1), At(2), At(1)}));
  EXPECT_FALSE(ChooseVolume(
      {At(0, {{Mark::kEcho, 1}}), At(0, {{Mark::kEcho, 2}}), At(0, {{Mark::kEcho, 3}})}))
      << "a bolus monitor has one place";
  // Times that differ from slice to slice make no volumes.
  std::vector<MarkedSlice> slices;
  for (int i = 0; i < 8; ++i) slices.push_back(At(i % 4, {{Mark::kAcquisitionTime, i}}));
  EXPECT_FALSE(ChooseVolume(slices));
}

TEST(SeriesSplit, ReadsAComponentFromImageTypesOfSeveralMakers) {
  EXPECT_EQ(ComponentOf("ORIGINAL\\PRIMARY\\M\\ND"), 0);
  EXPECT_EQ(ComponentOf("ORIGINAL\\PRIMARY\\P\\ND"), 1);
  EXPECT_EQ(ComponentOf("ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE"), 0);
  EXPECT_EQ(ComponentOf("ORIGINAL\\PRIMARY\\R_IR"), 2);
  EXPECT_EQ(ComponentOf("I"), 3);
  EXPECT_EQ(ComponentOf("ORIGINAL\\PRIMARY\\OTHER"), 4);
  EXPECT_EQ(ComponentOf(""), 4);
}

}  // namespace
}  // namespace gvsl::data_loader
