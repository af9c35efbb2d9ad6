// Jobs on a GPU: the same bits for any number of workers, over nccl as over the host's memory, and
// from a checkpoint on.
#include "tests/gpu/gpus.h"
#include "tests/trainer/gang_fixture.h"
#include "worker/trainer/gang_communicator.h"

namespace gvsl::trainer {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

class TrainerOnGpu : public GangTest {
 protected:
  void SetUp() override {
    GVSL_SKIP_WITHOUT_GPUS(1);
    GangTest::SetUp();
    MakeDataset(6, {32, 32, 32}, 2);
    make_method_ = model::MakeMethod;
    device_ = at::Device(at::kCUDA, 0);
  }
};

TEST_F(TrainerOnGpu, WeightsAreTheSameForAnyNumberOfWorkersAndEveryTime) {
  const std::string alone = Train(1);
  EXPECT_EQ(Train(1), alone);
  EXPECT_EQ(Train(2), alone);
  EXPECT_EQ(Train(3, {{1}, {0, 3, 4}, {2}}), alone);
}

TEST_F(TrainerOnGpu, WeightsAreTheSameOverNccl) {
  const std::string expected = Train(1);
  over_nccl_ = true;
  EXPECT_EQ(Train(1), expected);
}

TEST_F(TrainerOnGpu, AfterADeathTheJobGoesOnFromTheCheckpointToTheSameWeights) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-resumed";
  auto workers = NewWorkers(2);
  workers[0]->dies_at_sum = 5;
  RunGang(workers);
  workers = NewWorkers(1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(3));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(TrainerOnGpu, AJoinerTakesTheStateOverFromASurvivor) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-joined";
  auto workers = NewWorkers(2);
  workers[0]->dies_at_sum = 4;
  RunGang(workers);
  workers[0] = NewWorker();
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(TrainerOnGpu, LossesAreTheProcessorsWithinTolerance) {
  job_.optimizer.learning_rate = 1e-4;
  auto gpu = NewWorkers(1);
  ExpectAll(RunGang(gpu), GenerationEnd::kFinished);
  device_ = at::kCPU;
  job_.checkpoint.directory = "/ckpt-cpu";
  auto cpu = NewWorkers(1);
  ExpectAll(RunGang(cpu), GenerationEnd::kFinished);
  for (std::size_t step = 0; step < job_.steps; ++step) {
    EXPECT_NEAR(gpu[0]->observer.steps[step].losses.at("total"),
                cpu[0]->observer.steps[step].losses.at("total"), 2e-3);
  }
}

TEST_F(TrainerOnGpu, FastTrainsOverNcclAndOverTheHost) {
  job_.numerics = Numerics::kFast;
  EXPECT_EQ(Train(1).size(), 64u);
  EXPECT_EQ(Train(2).size(), 64u);
  over_nccl_ = true;
  EXPECT_EQ(Train(1).size(), 64u);
}

}  // namespace
}  // namespace gvsl::trainer
