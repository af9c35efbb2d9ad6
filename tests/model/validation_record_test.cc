#include "model/tasks/validation_record.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace gvsl::model {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// One weight, whose value the tests set to the step.
class ValidationRecordTest : public ::testing::Test {
 protected:
  void Take(ValidationRecord& record, std::uint64_t step, double score) {
    weight_.fill_(static_cast<double>(step));
    record.Take(step, score);
  }
  float Best(const ValidationRecord& record) {
    return record.WithBest([this] { return weight_.clone(); }).item<float>();
  }
  at::Tensor weight_ = at::zeros({});
  NamedTensors trained_ = {{"weight", weight_}};
};

TEST_F(ValidationRecordTest, KeepsTheWeightsOfTheGreatestScoreTheLatestOfEquals) {
  ValidationRecord record(25, 10, trained_);
  Take(record, 10, 0.75);
  Take(record, 20, 0.75);
  Take(record, 25, 0.5);
  const Curve curve = record.ToCurve("dsc");
  EXPECT_THAT(curve.points, ElementsAre(Pair(10, 0.75), Pair(20, 0.75), Pair(25, 0.5)));
  EXPECT_EQ(curve.best_step, 20U);
  EXPECT_EQ(Best(record), 20);
  EXPECT_EQ(weight_.item<float>(), 25) << "what is trained goes on";
}

TEST_F(ValidationRecordTest, AScoreThatIsNoNumberIsNoneAndNeverTheBest) {
  ValidationRecord record(20, 10, trained_);
  Take(record, 10, 0.25);
  Take(record, 20, std::nan(""));
  EXPECT_THAT(record.ToCurve("dsc").points, ElementsAre(Pair(10, 0.25)));
  EXPECT_EQ(Best(record), 10);
}

TEST_F(ValidationRecordTest, WithoutAScoreTheWeightsStay) {
  ValidationRecord record(20, 10, trained_);
  weight_.fill_(3);
  EXPECT_EQ(Best(record), 3);
  EXPECT_EQ(record.ToCurve("dsc").best_step, 0U);
}

TEST_F(ValidationRecordTest, MoreStepsThanThereAreIsTheLastAlone) {
  ValidationRecord record(7, std::numeric_limits<std::uint64_t>::max(), trained_);
  EXPECT_FALSE(record.IsDue(6));
  EXPECT_TRUE(record.IsDue(7));
  Take(record, 7, 0.5);
  EXPECT_THAT(record.ToCurve("dsc").points, ElementsAre(Pair(7, 0.5)));
}

TEST_F(ValidationRecordTest, ALookThatFailsPutsTheTrainedWeightsBack) {
  ValidationRecord record(20, 10, trained_);
  Take(record, 10, 0.5);
  weight_.fill_(12);
  EXPECT_THROW(record.WithBest([]() -> at::Tensor { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_EQ(weight_.item<float>(), 12);
}

TEST_F(ValidationRecordTest, GoesOnFromItsState) {
  ValidationRecord record(20, 10, trained_);
  Take(record, 10, 0.5);
  ValidationRecord copy(20, 10, trained_);
  const NamedTensors from = record.State();
  const NamedTensors to = copy.State();
  ASSERT_EQ(from.size(), to.size());
  for (std::size_t i = 0; i < from.size(); ++i) to[i].second.copy_(from[i].second);
  Take(copy, 20, 0.25);
  EXPECT_EQ(copy.ToCurve("dsc").best_step, 10U);
  EXPECT_EQ(Best(copy), 10);
}

}  // namespace
}  // namespace gvsl::model
