#include "model/metrics/overlap.h"

#include <gtest/gtest.h>

#include "common/philox.h"

namespace gvsl::model {
namespace {

using Labels = std::vector<std::int32_t>;

Labels RandomLabels(std::size_t voxels, std::uint32_t classes, std::uint64_t seed) {
  Philox draws(seed, DrawPurpose::kVirtualSubject, 0, 0);
  Labels labels(voxels);
  for (std::int32_t& label : labels) label = static_cast<std::int32_t>(draws.NextBelow(classes));
  return labels;
}

TEST(ForegroundDice, IsTwiceTheCommonVoxelsOverAllOfBothMaps) {
  const auto dice = MeasureForegroundDice(Labels{0, 1, 1, 1, 2, 0}, Labels{0, 1, 1, 2, 2, 1}, 3);
  ASSERT_TRUE(dice.ok()) << dice.status();
  ASSERT_EQ(dice->size(), 2U);
  EXPECT_DOUBLE_EQ((*dice)[0].value(), 4 / (6 + 1e-6));
  EXPECT_DOUBLE_EQ((*dice)[1].value(), 2 / (3 + 1e-6));
  EXPECT_DOUBLE_EQ(MeanDice(*dice).value(), (4 / (6 + 1e-6) + 2 / (3 + 1e-6)) / 2);
}

TEST(ForegroundDice, AgreesWithCountingClassByClass) {
  const Labels prediction = RandomLabels(1000, 5, 1);
  const Labels truth = RandomLabels(1000, 5, 2);
  const auto dice = MeasureForegroundDice(prediction, truth, 5);
  ASSERT_TRUE(dice.ok()) << dice.status();
  for (std::int32_t label = 1; label < 5; ++label) {
    int both = 0, either = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      both += prediction[i] == label && truth[i] == label ? 1 : 0;
      either += (prediction[i] == label ? 1 : 0) + (truth[i] == label ? 1 : 0);
    }
    EXPECT_DOUBLE_EQ((*dice)[label - 1].value(), 2.0 * both / (either + 1e-6));
  }
}

TEST(ForegroundDice, IsAbsentForAClassThatNeitherMapHasAndTheMeanLeavesItOut) {
  const auto dice = MeasureForegroundDice(Labels{0, 1, 3}, Labels{0, 1, 0}, 5);
  ASSERT_TRUE(dice.ok()) << dice.status();
  EXPECT_TRUE((*dice)[0].has_value());
  EXPECT_FALSE((*dice)[1].has_value());
  EXPECT_EQ((*dice)[2], 0);
  EXPECT_FALSE((*dice)[3].has_value());
  EXPECT_DOUBLE_EQ(MeanDice(*dice).value(), (2 / (2 + 1e-6) + 0) / 2);
}

TEST(ForegroundDice, HasNoMeanWhereThereIsOnlyBackground) {
  const auto dice = MeasureForegroundDice(Labels{0, 0}, Labels{0, 0}, 3);
  ASSERT_TRUE(dice.ok()) << dice.status();
  EXPECT_EQ(*dice, ForegroundDice(2));
  EXPECT_FALSE(MeanDice(*dice).has_value());
  EXPECT_TRUE(MeasureForegroundDice(Labels{}, Labels{}, 1)->empty());
}

TEST(ForegroundDice, RefusesMapsOfTwoLengthsAndLabelsThatAreNoClass) {
  const auto code = [](const Labels& prediction, const Labels& truth, std::int32_t classes) {
    return MeasureForegroundDice(prediction, truth, classes).status().code();
  };
  EXPECT_EQ(code({0}, {0, 1}, 2), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({2}, {0}, 2), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({0}, {-1}, 2), StatusCode::kInvalidArgument);
  EXPECT_EQ(code({}, {}, 0), StatusCode::kInvalidArgument);
  EXPECT_EQ(MeasureForegroundDice(Labels{0}, Labels{7}, 3).status().message(),
            "the truth has label 7, of 3 classes");
}

TEST(MeanDiceOfTrueLabels, IsOneForEqualMapsAndZeroForDisjointOnes) {
  const Labels map = {0, 1, 1, 2};
  EXPECT_NEAR(MeanDiceOfTrueLabels(map, map).value(), 1, 1e-6);
  EXPECT_EQ(MeanDiceOfTrueLabels(Labels{1, 0, 0, 1}, map), 0);
}

TEST(MeanDiceOfTrueLabels, LeavesOutWhatTheOtherMapAloneHasAndTakesAnyLabel) {
  // 1001: 2 * 1 / (2 + 1); -2: 2 * 1 / (1 + 2); 5 occurs in the prediction alone.
  EXPECT_NEAR(MeanDiceOfTrueLabels(Labels{5, 1001, -2, -2}, Labels{0, 1001, 1001, -2}).value(),
              2.0 / 3, 1e-6);
}

TEST(MeanDiceOfTrueLabels, IsAbsentWhereTheTruthIsAllBackground) {
  EXPECT_FALSE(MeanDiceOfTrueLabels(Labels{1, 2}, Labels{0, 0}).has_value());
}

}  // namespace
}  // namespace gvsl::model
