#include "data_loader/series_assembly.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data_loader/geometry.h"
#include "tests/support/readings.h"

namespace gvsl::data_loader {
namespace {

// `count` slices of 5 rows and 6 columns along an oblique normal, 3 mm apart.
std::vector<SliceGeometry> Stack(int count) {
  const double c = std::cos(0.3), s = std::sin(0.3);
  const Vector3 row = {c, s, 0}, column = {-s * c, c * c, s}, normal = Cross(row, column);
  std::vector<SliceGeometry> slices;
  for (int i = 0; i < count; ++i) {
    SliceGeometry slice;
    slice.position = Add({10, 20, 30}, Scale(normal, 3.0 * i));
    slice.orientation = {row[0], row[1], row[2], column[0], column[1], column[2]};
    slice.pixel_spacing = {2, 1.5};
    slice.rows = 5;
    slice.columns = 6;
    slices.push_back(slice);
  }
  return slices;
}

std::string Code(const std::vector<SliceGeometry>& slices) {
  return testing::CodeOf(AssembleSlices(slices));
}

TEST(SeriesAssembly, SortsByPositionAndTakesTheSpacingFromIt) {
  auto slices = Stack(5);
  std::swap(slices[0], slices[3]);
  std::swap(slices[1], slices[4]);
  const SliceStack stack = std::get<SliceStack>(AssembleSlices(slices));
  EXPECT_EQ(stack.order, (std::vector<std::size_t>{3, 4, 2, 0, 1}));
  EXPECT_EQ(stack.size, (std::array<std::int64_t, 3>{5, 5, 6}));
  EXPECT_NEAR(Length(Column(stack.to_ras, 0)), 1.5, 1e-9);
  EXPECT_NEAR(Length(Column(stack.to_ras, 1)), 2, 1e-9);
  EXPECT_NEAR(Length(Column(stack.to_ras, 2)), 3, 1e-9);
}

TEST(SeriesAssembly, TurnsDicomsLeftAndBackIntoRightAndFront) {
  const auto slices = Stack(3);
  const SliceStack stack = std::get<SliceStack>(AssembleSlices(slices));
  const Vector3 origin = Column(stack.to_ras, 3);
  EXPECT_NEAR(origin[0], -10, 1e-12);
  EXPECT_NEAR(origin[1], -20, 1e-12);
  EXPECT_NEAR(origin[2], 30, 1e-12);
  EXPECT_NEAR(Column(stack.to_ras, 0)[0], -1.5 * slices[0].orientation[0], 1e-12);
}

TEST(SeriesAssembly, FindsAMissingSliceAndSaysWhere) {
  auto slices = Stack(8);
  slices.erase(slices.begin() + 3, slices.begin() + 5);
  const auto result = AssembleSlices(slices);
  EXPECT_EQ(std::get<Rejection>(result).code, "MISSING_SLICE");
  EXPECT_THAT(std::get<Rejection>(result).reason,
              ::testing::HasSubstr("2 slices are missing after slice 3 of 6"));
}

TEST(SeriesAssembly, RefusesTwoSlicesAtOnePlace) {
  auto slices = Stack(5);
  slices.push_back(slices[2]);
  EXPECT_EQ(Code(slices), "DUPLICATE_POSITION");
  EXPECT_EQ(Code(std::vector<SliceGeometry>(4, slices[0])), "DUPLICATE_POSITION");
}

TEST(SeriesAssembly, RefusesASliceThatLiesBesideTheOthers) {
  auto slices = Stack(7);
  for (const std::size_t moved : {0U, 3U, 6U}) {
    auto shifted = slices;
    shifted[moved].position =
        Add(shifted[moved].position, {0.6 * std::cos(0.3), 0.6 * std::sin(0.3), 0});
    EXPECT_EQ(Code(shifted), "SHIFTED_SLICES") << moved;
  }
  for (std::size_t i = 0; i < slices.size(); i += 2) {  // to and fro
    slices[i].position = Add(slices[i].position, {std::cos(0.3), std::sin(0.3), 0});
  }
  EXPECT_EQ(Code(slices), "SHIFTED_SLICES");
}

TEST(SeriesAssembly, SlicesOfAMicroscopicScannerAreJudgedByTheirOwnSteps) {
  auto slices = Stack(9);
  for (SliceGeometry& slice : slices) {
    slice.position = Scale(Subtract(slice.position, {10, 20, 30}), 1.0 / 600);  // 0.005 mm apart
    slice.pixel_spacing = {0.005, 0.005};
  }
  EXPECT_EQ(Code(slices), "accepted");
  slices.erase(slices.begin() + 4);
  EXPECT_EQ(Code(slices), "MISSING_SLICE");
}

TEST(SeriesAssembly, SeesTwoVolumesThoughTheirPositionsTremble) {
  auto slices = Stack(20);
  for (SliceGeometry slice : Stack(20)) {
    slice.position = Add(slice.position, {0, 0, 0.004});
    slices.push_back(slice);
  }
  EXPECT_EQ(Code(slices), "DUPLICATE_POSITION");
}

// Slices at these mm along their normal, each `aside` as far in their plane.
std::vector<SliceGeometry> StackAt(const std::vector<double>& places, double aside = 0) {
  const auto even = Stack(2);
  const Vector3 normal = Scale(Subtract(even[1].position, even[0].position), 1.0 / 3);
  const Vector3 row = {std::cos(0.3), std::sin(0.3), 0};
  std::vector<SliceGeometry> slices;
  for (const double place : places) {
    slices.push_back(even[0]);
    slices.back().position =
        Add(even[0].position, Add(Scale(normal, place), Scale(row, aside * place)));
  }
  return slices;
}

TEST(SeriesAssembly, SaysWhereAlmostEvenSlicesLie) {
  const std::vector<double> runs = {0, 3, 6, 9, 13.5, 18}, jitter = {0, 3, 6.3, 9.1, 12.5};
  for (const auto& places : {runs, jitter}) {
    const auto stack = ::gvsl::testing::ValueOf(AssembleSlices(StackAt(places)));
    EXPECT_THAT(stack.uneven_places, ::testing::Pointwise(::testing::DoubleNear(1e-9), places));
  }
  const auto even = ::gvsl::testing::ValueOf(AssembleSlices(Stack(5)));
  EXPECT_TRUE(even.uneven_places.empty());
}

TEST(SeriesAssembly, SeesStepsThatDifferTooLittleToBeSeenOneByOne) {
  std::vector<double> places = {0};
  for (int i = 0; i < 200; ++i) places.push_back(places.back() + (i < 100 ? 1.0 : 1.015));
  const auto stack = ::gvsl::testing::ValueOf(AssembleSlices(StackAt(places)));
  EXPECT_THAT(stack.uneven_places, ::testing::Pointwise(::testing::DoubleNear(1e-9), places));
}

TEST(SeriesAssembly, RefusesUnevenSpacing) {
  EXPECT_EQ(Code(StackAt({0, 3, 6, 9, 16.5})), "UNEVEN_SPACING");
  EXPECT_EQ(Code(StackAt({0, 3, 6, 9, 10.2})), "UNEVEN_SPACING");
  EXPECT_EQ(Code(StackAt({0, 3, 6, 9, 13.5})), "UNEVEN_SPACING");     // one slice may lie elsewhere
  EXPECT_EQ(Code(StackAt({0, 3, 7, 9, 12})), "UNEVEN_SPACING");       // as this one
  EXPECT_EQ(Code(StackAt({0, 3, 6, 7.4, 9, 12})), "UNEVEN_SPACING");  // or be another volume's
  EXPECT_EQ(Code(StackAt({0, 3, 6, 9, 13.5, 18}, 0.1)), "UNEVEN_SPACING");  // tilted
}

TEST(SeriesAssembly, RefusesTwoStacksBetweenEachOthersSlices) {
  for (const double between : {1.2, 1.4, 1.6}) {
    std::vector<double> places;
    for (int i = 0; i < 6; ++i) {
      places.push_back(3.0 * i);
      places.push_back(3.0 * i + between);
    }
    EXPECT_EQ(Code(StackAt(places)), "UNEVEN_SPACING") << between;
  }
}

TEST(SeriesAssembly, SeesMissingSlicesThoughMostAreMissing) {
  EXPECT_EQ(Code(StackAt({0, 3, 9, 15, 21, 24})), "MISSING_SLICE");
  EXPECT_EQ(Code(StackAt({0, 5, 10, 15, 25, 35, 45, 55})), "MISSING_SLICE");
}

TEST(SeriesAssembly, ToleratesRoundedPositions) {
  auto slices = Stack(20);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    for (double& part : slices[i].position) part = std::round(part * 100) / 100;
  }
  EXPECT_EQ(Code(slices), "accepted");
}

TEST(SeriesAssembly, RefusesMixedOrientationsSizesAndPixels) {
  auto slices = Stack(4);
  slices[1].orientation = {0, 1, 0, 0, 0, -1};
  EXPECT_EQ(Code(slices), "MIXED_ORIENTATION");
  slices = Stack(4);
  slices[3].rows = 7;
  EXPECT_EQ(Code(slices), "MIXED_SIZES");
  slices = Stack(4);
  slices[3].pixel_spacing = {2, 1.6};
  EXPECT_EQ(Code(slices), "MIXED_PIXEL_SPACING");
}

TEST(SeriesAssembly, SeesATiltedGantryAndRefusesAnImpossibleOne) {
  auto slices = Stack(5);
  EXPECT_FALSE(std::get<SliceStack>(AssembleSlices(slices)).is_tilted);
  const Vector3 row = {slices[0].orientation[0], slices[0].orientation[1],
                       slices[0].orientation[2]};
  const auto tilted = [&](double step) {
    auto result = slices;
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i].position = Add(result[i].position, Scale(row, step * static_cast<double>(i)));
    }
    return result;
  };
  const SliceStack stack = std::get<SliceStack>(AssembleSlices(tilted(0.5)));
  EXPECT_TRUE(stack.is_tilted);
  EXPECT_NEAR(Length(Column(stack.to_ras, 2)), std::hypot(3, 0.5), 1e-9);
  EXPECT_EQ(Code(tilted(2.9)), "accepted");
  EXPECT_EQ(Code(tilted(3.1)), "GANTRY_TILT");
}

TEST(SeriesAssembly, RefusesTooFewSlicesAndImpossibleVectors) {
  EXPECT_EQ(Code(Stack(2)), "TOO_FEW_SLICES");
  auto slices = Stack(4);
  slices[0].orientation = {0, 0, 0, 0, 0, 0};
  EXPECT_EQ(Code(slices), "INVALID_GEOMETRY");
}

}  // namespace
}  // namespace gvsl::data_loader
