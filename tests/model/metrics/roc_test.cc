#include "model/metrics/roc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/philox.h"

namespace gvsl::model {
namespace {

using Scores = std::vector<double>;
using Truth = std::vector<std::uint8_t>;

RocArea Measure(const Scores& scores, const Truth& truth) {
  const auto area = MeasureRocArea(scores, truth);
  EXPECT_TRUE(area.ok()) << area.status();
  return area.value();
}

double VarianceOfMean(const Scores& values) {
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) squares += std::pow(value - sum / count, 2);
  return squares / (count - 1) / count;
}

// DeLong's placement values, each from all pairs.
RocArea ByAllPairs(const Scores& scores, const Truth& truth) {
  Scores sums(scores.size(), 0);
  double positives = 0, wins = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    positives += truth[i];
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (truth[i] != 1 || truth[j] != 0) continue;
      const double win = scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      sums[i] += win;
      sums[j] += win;
      wins += win;
    }
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  Scores of_positives, of_negatives;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (truth[i] == 1) of_positives.push_back(sums[i] / negatives);
    if (truth[i] == 0) of_negatives.push_back(sums[i] / positives);
  }
  const double auc = wins / positives / negatives;
  const double margin =
      1.959963984540054 * std::sqrt(VarianceOfMean(of_positives) + VarianceOfMean(of_negatives));
  return {auc, Interval{std::max(0.0, auc - margin), std::min(1.0, auc + margin)}};
}

TEST(RocArea, AgreesWithAllPairsWithAndWithoutTies) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Philox draws(seed, DrawPurpose::kVirtualSubject, 0, 0);
    const bool ties = seed % 2 == 0;
    Scores scores;
    Truth truth = {0, 0, 1, 1};
    while (truth.size() < 10 + 5 * seed) truth.push_back(draws.NextBelow(3) == 0 ? 1 : 0);
    for (const std::uint8_t label : truth) {
      scores.push_back(ties ? draws.NextBelow(6) + label : draws.NextNormal() + label);
    }
    const RocArea expected = ByAllPairs(scores, truth);
    const RocArea area = Measure(scores, truth);
    EXPECT_NEAR(area.auc, expected.auc, 1e-12);
    EXPECT_NEAR(area.confidence95->low, expected.confidence95->low, 1e-12);
    EXPECT_NEAR(area.confidence95->high, expected.confidence95->high, 1e-12);
  }
}

// The area is scikit-learn's roc_auc_score, the interval NumPy's from the matrix of all pairs.
TEST(RocArea, AgreesWithScikitLearn) {
  Scores scores;
  Truth truth;
  for (int i = 0; i < 60; ++i) {
    truth.push_back(i % 3 == 0 ? 1 : 0);
    scores.push_back(i * 37 % 23 / 4.0 + 2 * truth.back());
  }
  const RocArea area = Measure(scores, truth);
  EXPECT_NEAR(area.auc, 0.809375, 1e-12);
  EXPECT_NEAR(area.confidence95->low, 0.6950129819619082, 1e-12);
  EXPECT_NEAR(area.confidence95->high, 0.9237370180380917, 1e-12);
}

TEST(RocArea, CountsPairsAndATieAsOneHalf) {
  // Pairs (0.8, 0.1), (0.8, 0.4), (0.4, 0.1) win, (0.4, 0.4) is a tie. The placements are 1 and
  // 0.75, 1 and 0.75, so that the variance is 2 * 0.03125 / 2.
  const RocArea area = Measure({0.1, 0.4, 0.4, 0.8}, {0, 0, 1, 1});
  EXPECT_EQ(area.auc, 0.875);
  EXPECT_NEAR(area.confidence95->low, 0.875 - 1.959963984540054 * std::sqrt(0.03125), 1e-15);
  EXPECT_EQ(area.confidence95->high, 1);  // clipped
}

TEST(RocArea, IsOneHalfWhereAllScoresAreEqual) {
  const RocArea area = Measure(Scores(7, 0.3), {0, 1, 0, 1, 1, 0, 0});
  EXPECT_EQ(area.auc, 0.5);
  EXPECT_EQ(area.confidence95->low, 0.5);
  EXPECT_EQ(area.confidence95->high, 0.5);
}

TEST(RocArea, IsOneOrZeroWhereTheClassesDoNotMix) {
  EXPECT_EQ(Measure({-2, -1, 1e300}, {0, 0, 1}).auc, 1);
  const RocArea area = Measure({4, 3, 2, 1}, {0, 0, 1, 1});
  EXPECT_EQ(area.auc, 0);
  EXPECT_EQ(area.confidence95->low, 0);
  EXPECT_EQ(area.confidence95->high, 0);
}

TEST(RocArea, DependsOnTheOrderOfTheScoresAlone) {
  const Truth truth = {0, 1, 0, 1, 0, 1, 1};
  const Scores scores = {-3, -1, 0, 0, 1, 2, 1};
  Scores stretched;
  for (const double score : scores) stretched.push_back(std::exp(5 * score));
  EXPECT_EQ(Measure(scores, truth).auc, Measure(stretched, truth).auc);
  EXPECT_EQ(Measure(scores, truth).confidence95->low, Measure(stretched, truth).confidence95->low);
}

TEST(RocArea, HasNoIntervalWhereAClassHasASingleCase) {
  const RocArea area = Measure({0.1, 0.2, 0.3}, {0, 1, 0});
  EXPECT_EQ(area.auc, 0.5);
  EXPECT_FALSE(area.confidence95.has_value());
}

TEST(RocArea, NeedsBothClasses) {
  for (const std::uint8_t label : {0, 1}) {
    const Status status = MeasureRocArea(Scores{0.1, 0.2}, Truth{label, label}).status();
    EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(status.message(), label == 1 ? "no ROC curve without negative cases"
                                           : "no ROC curve without positive cases");
  }
  EXPECT_EQ(MeasureRocArea({}, {}).status().code(), StatusCode::kFailedPrecondition);
}

TEST(RocArea, RefusesScoresThatAreNotFiniteAndLabelsThatAreNoClass) {
  for (const double score : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_EQ(MeasureRocArea(Scores{0.1, score}, Truth{0, 1}).status().code(),
              StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(MeasureRocArea(Scores{0.1, 0.2}, Truth{0, 2}).status().message(),
            "case 1 has label 2, not 0 or 1");
  EXPECT_EQ(MeasureRocArea(Scores{0.1}, Truth{0, 1}).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gvsl::model
