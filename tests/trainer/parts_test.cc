// The trainer's parts, each by itself.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "tests/trainer/fake_method.h"
#include "worker/trainer/damage_verdict.h"
#include "worker/trainer/gradient_buffer.h"
#include "worker/trainer/slot_rows.h"
#include "worker/trainer/step_meter.h"

namespace gvsl::trainer {
namespace {

TEST(LearningRate, RisesLinearlyOverTheWarmupAndThenStays) {
  const OptimizerPlan plan = {.learning_rate = 0.4, .warmup_steps = 4};
  EXPECT_DOUBLE_EQ(LearningRate(plan, 0), 0.1);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 2), 0.3);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 3), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate(plan, 1000), 0.4);
  EXPECT_DOUBLE_EQ(LearningRate({.learning_rate = 0.4}, 0), 0.4);
}

TEST(SlotOwners, NameTheRankOfEverySlotAndNobodyWhereThereIsNone) {
  GangPlan gang;
  gang.members = {{"a", "", {0, 3}, {}}, {"b", "", {1, 9}, {}}};
  EXPECT_EQ(SlotOwners(gang, 4), (std::vector<int>{0, 1, -1, 0}));
}

TEST(StopFlag, IsRaisedAndNeverLowered) {
  StopFlag flag;
  EXPECT_EQ(flag.vote(), StopVote::kNone);
  flag.Raise(StopVote::kCheckpoint);
  flag.Raise(StopVote::kBoundary);
  EXPECT_EQ(flag.vote(), StopVote::kCheckpoint);
}

TEST(SlotRows, SumOfAllRowsGivesBackWhatEverySlotReported) {
  const SlotRows rows(3, 2, 1, 2);
  std::vector<SlotReport> reports(3);
  for (int slot = 0; slot < 3; ++slot) {
    reports[slot].losses = {0.5f + slot, 2.5f};
    reports[slot].indicators = {-0.25f * slot};
    reports[slot].volumes = {slot, slot + 1, 16777215 - slot, 7};
  }
  reports[1].vote = StopVote::kCheckpoint;
  reports[2].broken_gradient = true;
  reports[2].published_lineage = 123456789012ull;
  reports[0].damaged_shard = 0;
  reports[2].damaged_shard = 16777214;
  std::vector<float> sum(rows.floats(), 0.0f), one(rows.floats());
  for (int slot = 0; slot < 3; ++slot) {
    rows.Write(slot, reports[slot], one);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += one[i];
  }
  const auto read = rows.ReadAll(sum);
  ASSERT_EQ(read.size(), 3u);
  for (int slot = 0; slot < 3; ++slot) {
    EXPECT_EQ(read[slot].losses, reports[slot].losses);
    EXPECT_EQ(read[slot].indicators, reports[slot].indicators);
    EXPECT_EQ(read[slot].volumes, reports[slot].volumes);
    EXPECT_EQ(read[slot].vote, reports[slot].vote);
    EXPECT_EQ(read[slot].broken_gradient, reports[slot].broken_gradient);
    EXPECT_EQ(read[slot].published_lineage, reports[slot].published_lineage);
    EXPECT_EQ(read[slot].damaged_shard, reports[slot].damaged_shard);
  }
}

TEST(SlotRows, ALossThatIsNotANumberStaysInItsOwnRow) {
  const SlotRows rows(2, 1, 0, 1);
  std::vector<float> first(rows.floats()), second(rows.floats());
  rows.Write(0, {.losses = {std::nanf("")}, .volumes = {0, 1}}, first);
  rows.Write(1, {.losses = {2}, .volumes = {2, 3}}, second);
  for (std::size_t i = 0; i < first.size(); ++i) first[i] += second[i];
  EXPECT_TRUE(std::isnan(rows.Read(0, first).losses[0]));
  EXPECT_EQ(rows.Read(1, first).losses[0], 2);
}

TEST(DamageVerdict, EveryAccusedShardIsNamedOnce) {
  std::vector<SlotReport> reports(4);
  reports[0].damaged_shard = 9;
  reports[1].damaged_shard = 0;
  reports[3].damaged_shard = 9;
  EXPECT_EQ(AccusedIn(reports), (std::vector<std::uint32_t>{0, 9}));
  EXPECT_TRUE(AccusedIn(std::vector<SlotReport>(4)).empty());
  at::Tensor rows = at::zeros({3, 2});
  rows[2][1] = DamageCode(7);
  EXPECT_EQ(AccusedIn(rows, 1), (std::vector<std::uint32_t>{7}));
  EXPECT_TRUE(AccusedIn(rows, 0).empty());
}

TEST(DamageVerdict, AShardThatAnybodyReadsWholeIsNotDamaged) {
  at::Tensor found_whole = at::zeros({3, 2});
  found_whole[1][0] = 1.0F;
  const std::vector<std::uint32_t> accused = {4, 6};
  EXPECT_EQ(FoundWholeByNobody(accused, found_whole), (std::vector<std::uint32_t>{6}));
}

TEST(GradientBuffer, FlattensInOrderWithZerosWhereThereIsNoGradient) {
  at::Tensor a = at::ones({2, 2}).set_requires_grad(true);
  at::Tensor b = at::ones({3}).set_requires_grad(true);
  GradientBuffer gradients({a, b});
  ASSERT_EQ(gradients.floats(), 7u);
  (a * a).sum().backward();
  std::vector<float> flat(7, -1.0f);
  gradients.Flatten(flat);
  EXPECT_EQ(flat, (std::vector<float>{2, 2, 2, 2, 0, 0, 0}));
  gradients.Clear();
  gradients.Flatten(flat);
  EXPECT_EQ(flat, std::vector<float>(7, 0.0f));
}

TEST(GradientBuffer, UnflattenedGradientsAreTheParametersOwn) {
  at::Tensor a = at::ones({2, 2}).set_requires_grad(true);
  at::Tensor b = at::ones({3}).set_requires_grad(true);
  GradientBuffer gradients({a, b});
  std::vector<float> flat = {1, 2, 3, 4, 5, 6, 7};
  gradients.Unflatten(AsTensor(flat, at::kCPU));
  EXPECT_EQ(a.grad().sizes(), a.sizes());
  EXPECT_EQ(a.grad()[1][0].item<float>(), 3);
  EXPECT_EQ(b.grad()[2].item<float>(), 7);
}

TEST(ScaleAndClip, ScalesAndThenLimitsTheNorm) {
  std::vector<float> gradient = {6, 8};
  ScaleAndClip(AsTensor(gradient, at::kCPU), 0.5, 0);
  EXPECT_EQ(gradient, (std::vector<float>{3, 4}));
  ScaleAndClip(AsTensor(gradient, at::kCPU), 1.0, 10);
  EXPECT_EQ(gradient, (std::vector<float>{3, 4}));
  ScaleAndClip(AsTensor(gradient, at::kCPU), 1.0, 1);
  EXPECT_NEAR(gradient[0], 0.6, 1e-5);
  EXPECT_NEAR(gradient[1], 0.8, 1e-5);
}

TEST(IsFinite, SeesInfinityAndNotANumber) {
  std::vector<float> gradient(1000, 1.0f);
  EXPECT_TRUE(IsFinite(gradient));
  gradient[999] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(IsFinite(gradient));
  gradient[999] = std::nanf("");
  EXPECT_FALSE(IsFinite(gradient));
}

TEST(Adam, FirstUpdateMovesByTheLearningRateAgainstTheGradient) {
  at::Tensor parameter = at::zeros({2}).set_requires_grad(true);
  model::Adam adam({parameter}, {});
  std::vector<float> gradient = {3.0f, -0.25f};
  GradientBuffer({parameter}).Unflatten(AsTensor(gradient, at::kCPU));
  adam.Update(0, 0.1);
  EXPECT_NEAR(parameter[0].item<float>(), -0.1, 1e-6);
  EXPECT_NEAR(parameter[1].item<float>(), 0.1, 1e-6);
  EXPECT_NEAR(adam.exp_avg()[0][0].item<float>(), 0.3, 1e-6);
  EXPECT_NEAR(adam.exp_avg_sq()[0][0].item<float>(), 0.009, 1e-6);
}

JobPlan SmallJob() {
  JobPlan job;
  job.slots = 2;
  return job;
}

std::unique_ptr<TrainState> TrainedState(int steps) {
  auto state = TrainState::Create(SmallJob(), {.volumes = 4}, MakeFakeMethod());
  GradientBuffer gradients((*state)->parameters());
  for (int step = 0; step < steps; ++step) {
    std::vector<float> gradient(gradients.floats(), 0.5f + static_cast<float>(step));
    gradients.Unflatten(AsTensor(gradient, at::kCPU));
    (*state)->Commit(0.1, std::vector<std::int64_t>{step, 1, 2, 3});
  }
  return *std::move(state);
}

TEST(TrainState, BlobCarriesWeightsMomentsStepAndLineage) {
  const auto source = TrainedState(5);
  source->lineage().Trim(2);
  const auto joiner = TrainedState(1);
  ASSERT_TRUE(joiner->FromBlob(source->ToBlob()).ok());
  EXPECT_EQ(joiner->step(), 5u);
  EXPECT_EQ(joiner->lineage().begin(), 2u);
  EXPECT_EQ(joiner->lineage().hash(), source->lineage().hash());
  EXPECT_EQ(joiner->ToBlob(), source->ToBlob());
  EXPECT_NE(TrainedState(4)->ToBlob(), source->ToBlob());
}

TEST(TrainState, BlobOfStepZeroHasNoLineage) {
  const auto joiner = TrainedState(0);
  ASSERT_TRUE(joiner->FromBlob(TrainedState(0)->ToBlob()).ok());
  EXPECT_EQ(joiner->step(), 0u);
  EXPECT_EQ(joiner->lineage().hash(), "");
}

TEST(TrainState, ACutBlobIsRefused) {
  const auto state = TrainedState(2);
  auto blob = state->ToBlob();
  blob.resize(blob.size() - 8);
  EXPECT_EQ(TrainedState(0)->FromBlob(blob).code(), StatusCode::kInternal);
  EXPECT_EQ(TrainedState(0)->FromBlob({}).code(), StatusCode::kInternal);
}

TEST(TrainState, ABlobThatCountsItsRowsWronglyIsRefused) {
  auto blob = TrainedState(2)->ToBlob();
  std::uint64_t rows = 0;
  std::memcpy(&rows, blob.data() + 16, sizeof(rows));
  ASSERT_EQ(rows, 8u);
  rows += std::uint64_t{1} << 61;  // the same number of bytes, were it not for the overflow
  std::memcpy(blob.data() + 16, &rows, sizeof(rows));
  const auto joiner = TrainedState(0);
  EXPECT_EQ(joiner->FromBlob(blob).code(), StatusCode::kInternal);
  EXPECT_TRUE(joiner->whole());
}

TEST(TrainState, AnUpdateThatDoesNotComeToItsEndLeavesNoWholeState) {
  const auto state = TrainedState(1);
  EXPECT_TRUE(state->whole());
  at::Tensor last = state->parameters().back();
  last.mutable_grad() = at::ones({2, 2}).to_sparse();  // Adam throws at the last parameter
  EXPECT_ANY_THROW(state->Commit(0.1, std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_FALSE(state->whole());
}

TEST(TrainState, TensorsHaveTheNamesOfTheStateDict) {
  const auto state = TrainedState(1);
  EXPECT_TRUE(state->ModelTensors().views.contains("shift"));
  EXPECT_TRUE(state->OptimizerTensors().views.contains("exp_avg.shift"));
  EXPECT_TRUE(state->OptimizerTensors().views.contains("exp_avg_sq.shift"));
  EXPECT_TRUE(state->OptimizerTensors().views.contains("state.described"));
  EXPECT_EQ(state->OptimizerTensors().views.size(), 2 * state->ModelTensors().views.size() + 1);
}

TEST(StepMeter, TimeGoesToThePhaseThatIsEntered) {
  FakeClock clock;
  StepMeter meter(clock);
  const auto pass = [&](Phase phase, int milliseconds) {
    meter.Enter(phase);
    clock.Advance(std::chrono::milliseconds(milliseconds));
  };
  pass(Phase::kData, 10);
  pass(Phase::kForward, 20);
  pass(Phase::kData, 10);
  pass(Phase::kForward, 40);
  pass(Phase::kReduce, 500);
  meter.EndStep(2);
  EXPECT_NEAR(meter.phase_seconds().at("data"), 0.02, 1e-9);
  EXPECT_NEAR(meter.phase_seconds().at("forward"), 0.06, 1e-9);
  EXPECT_NEAR(meter.phase_seconds().at("reduce"), 0.5, 1e-9);
  EXPECT_NEAR(meter.step_seconds(), 0.58, 1e-9);
  EXPECT_NEAR(meter.slot_seconds(), 0.04, 1e-9);
}

}  // namespace
}  // namespace gvsl::trainer
