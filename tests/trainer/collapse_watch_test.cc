#include "worker/trainer/collapse_watch.h"

#include "tests/trainer/gang_fixture.h"

namespace gvsl::trainer {
namespace {

using ::testing::HasSubstr;

TEST(CollapseWatch, NamesWhatHasBeenLowForTooLong) {
  CollapseWatch watch;
  for (int step = 1; step < CollapseWatch::kPatience; ++step) {
    EXPECT_TRUE(watch.Check(step, {{"spread", 1e-6}}).ok());
  }
  const Status status = watch.Check(CollapseWatch::kPatience, {{"spread", 1e-6}});
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("collapsed"));
}

TEST(CollapseWatch, ForgetsWhatWasLowOnce) {
  CollapseWatch watch;
  for (int step = 1; step < 100; ++step) {
    EXPECT_TRUE(watch.Check(step, {{"spread", step % 10 == 0 ? 0.5 : 0.0}}).ok()) << step;
  }
}

TEST(CollapseWatch, HasNothingToSayOfOtherIndicators) {
  CollapseWatch watch;
  for (int step = 1; step < 100; ++step) EXPECT_TRUE(watch.Check(step, {{"folding", 0}}).ok());
}

class Collapse : public GangTest {};

TEST_F(Collapse, OfAllFeaturesEndsTheJobAndLeavesTheCheckpointBefore) {
  make_method_ = model::MakeMethod;
  job_.method = "simsiam";
  job_.slots = 2;
  job_.steps = 60;
  job_.checkpoint.every_steps = 5;
  job_.optimizer.learning_rate = 1e-12;
  // Volumes with next to nothing in them: all features are the same.
  auto volumes = testing::WriteTinyDataset(files_, "/dataset", 4, {16, 16, 16}, 2,
                                           /*labelled=*/true, /*contrast=*/1e-6F);
  ASSERT_TRUE(volumes.ok()) << volumes.status();
  job_.dataset_sha256 = volumes->sha256;
  const auto workers = NewWorkers(1);
  const auto ends = RunGang(workers);
  ASSERT_FALSE(ends[0].ok());
  ASSERT_THAT(ends[0].status().message(), HasSubstr("collapsed"));
  EXPECT_EQ(workers[0]->observer.checkpoints.back().step, 15U);
  EXPECT_TRUE(workers[0]->observer.steps.back().indicators.contains("gradient_norm"));
}

}  // namespace
}  // namespace gvsl::trainer
