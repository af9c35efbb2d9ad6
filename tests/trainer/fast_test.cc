// `numerics: fast` on the processor: one result on all ranks, near the strict one.
#include "tests/trainer/gang_fixture.h"
#include "worker/trainer/gang_communicator.h"
#include "worker/trainer/reduction.h"

namespace gvsl::trainer {
namespace {

using ::testing::HasSubstr;

class Fast : public GangTest {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    MakeDataset(6, {4, 4, 4}, 2);
    job_.numerics = Numerics::kFast;
  }

  double LastLoss(const TestWorker& worker) {
    return worker.observer.steps.back().losses.at("total");
  }
};

TEST_F(Fast, EveryRankSeesOneLossThatIsNearTheStrictOne) {
  auto workers = NewWorkers(3);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  job_.numerics = Numerics::kStrict;
  job_.checkpoint.directory = "/ckpt-strict";
  auto strict = NewWorkers(1);
  ExpectAll(RunGang(strict), GenerationEnd::kFinished);
  ASSERT_EQ(workers[0]->observer.steps.size(), job_.steps);
  for (const auto& worker : workers) {
    EXPECT_EQ(LastLoss(*worker), LastLoss(*workers[0]));
    EXPECT_NEAR(LastLoss(*worker), LastLoss(*strict[0]), 1e-4);
  }
}

TEST_F(Fast, LineageAndCheckpointsAreAsComplete) {
  EXPECT_EQ(Train(2).size(), 64u);  // verifies both
}

TEST_F(Fast, SurvivorsGoOn) {
  auto workers = NewWorkers(3);
  workers[0]->dies_at_sum = 4;
  RunGang(workers);
  workers.erase(workers.begin());
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights().size(), 64u);
}

TEST_F(Fast, AGradientThatIsNoNumberFailsTheJob) {
  make_method_ = MakeFakeMethod({.broken = std::pair(2, 1u)});
  const auto workers = NewWorkers(2);
  const auto ends = RunGang(workers);
  EXPECT_FALSE(ends[0].ok() && ends[1].ok());
  for (const auto& end : ends) {
    if (end.ok()) continue;  // the other rank's abort came first
    EXPECT_EQ(end.status().code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(end.status().message(), HasSubstr("at step 2, slot 1"));
  }
}

// What a step sums, against the sum of what each slot would give by itself.
TEST(FastReduction, SumsEveryParameterOnceAlsoThoseThatNoLossUses) {
  auto method = *MakeFakeMethod()({});
  std::vector<at::Tensor> parameters;
  for (const auto& [name, parameter] : method->NamedParameters()) parameters.push_back(parameter);
  auto communicators = collective::MakeLocalCommunicators(1);
  const auto reduction = MakeReduction(
      Numerics::kFast, {parameters, *communicators[0], {0, 0, 0}, SlotRows(3, 0, 0, 0)});
  for (int step = 0; step < 2; ++step) {
    reduction->BeginStep();
    for (int slot = 0; slot < 3; ++slot) {
      reduction->BeginSlot(slot);
      (parameters[0].sum() * (slot + 1) + parameters[1].sum()).backward();
      reduction->EndSlot(slot, {});
    }
    ASSERT_TRUE(reduction->Sum().ok());
    const std::vector<float> sum(reduction->gradient().begin(), reduction->gradient().end());
    EXPECT_EQ(sum, (std::vector<float>{6, 6, 6, 3, 0, 0, 0, 0}));
  }
}

TEST(WantsNccl, WhereTheJobSaysSoOrEveryMemberHasAGpu) {
  JobPlan job;
  GangPlan gang;
  gang.members.resize(2);
  gang.members[0].device = "cuda:0";
  EXPECT_FALSE(WantsNccl(job, gang));
  gang.members[1].device = "cuda:1";
  EXPECT_TRUE(WantsNccl(job, gang));
  job.collective = CollectiveChoice::kGrpc;
  EXPECT_FALSE(WantsNccl(job, gang));
  job.collective = CollectiveChoice::kNccl;
  gang.members[1].device = "cpu";
  EXPECT_TRUE(WantsNccl(job, gang));
  auto communicators = collective::MakeLocalCommunicators(1);
  EXPECT_EQ(ChooseCommunicator(std::move(communicators[0]), job, gang, at::kCPU, [](auto&) {})
                .status()
                .code(),
            StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace gvsl::trainer
