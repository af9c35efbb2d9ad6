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

TEST_F(TrainerOnGpu, ClippingHasTheSameBitsWhereverTheSumIsMade) {
  job_.optimizer.clip_norm = 1e-3;
  const std::string over_the_host = Train(2);
  EXPECT_EQ(Train(1), over_the_host);
  over_nccl_ = true;
  EXPECT_EQ(Train(1), over_the_host);
}

TEST_F(TrainerOnGpu, FastTrainsOverNcclAndOverTheHostNearTheStrictLosses) {
  job_.optimizer.learning_rate = 1e-4;
  const auto losses = [this](int workers) {
    job_.checkpoint.directory = Concat("/ckpt-fast-", ++directories_);
    auto gang = NewWorkers(workers);
    ExpectAll(RunGang(gang), GenerationEnd::kFinished);
    std::vector<double> totals;
    for (const auto& step : gang[0]->observer.steps) totals.push_back(step.losses.at("total"));
    return totals;
  };
  const auto strict = losses(1);
  job_.numerics = Numerics::kFast;
  auto runs = std::vector{losses(1), losses(2)};
  over_nccl_ = true;
  runs.push_back(losses(1));
  for (const auto& fast : runs) {
    ASSERT_EQ(fast.size(), strict.size());
    for (std::size_t step = 0; step < strict.size(); ++step) {
      EXPECT_NEAR(fast[step], strict[step], 5e-3) << step;
    }
  }
}

class MethodOnGpu : public TrainerOnGpu, public ::testing::WithParamInterface<const char*> {};

TEST_P(MethodOnGpu, WeightsAreTheSameForAnyNumberOfWorkersOverTheHostAndOverNccl) {
  job_.method = GetParam();
  job_.slots = 3;
  job_.steps = 5;
  const std::string alone = Train(1);
  EXPECT_EQ(Train(1), alone);
  EXPECT_EQ(Train(3, {{1}, {0}, {2}}), alone);
  over_nccl_ = true;
  EXPECT_EQ(Train(1), alone);
}

TEST_P(MethodOnGpu, TheFirstLossIsTheProcessorsWithinTolerance) {
  job_.method = GetParam();
  job_.slots = 2;
  job_.steps = 1;
  job_.optimizer.learning_rate = 1e-4;
  auto gpu = NewWorkers(1);
  ExpectAll(RunGang(gpu), GenerationEnd::kFinished);
  device_ = at::kCPU;
  job_.checkpoint.directory = "/ckpt-cpu";
  auto cpu = NewWorkers(1);
  ExpectAll(RunGang(cpu), GenerationEnd::kFinished);
  EXPECT_NEAR(gpu[0]->observer.steps[0].losses.at("total"),
              cpu[0]->observer.steps[0].losses.at("total"), 5e-3);
}

INSTANTIATE_TEST_SUITE_P(Method, MethodOnGpu,
                         ::testing::Values("scratch", "denoising", "inpainting", "models-genesis",
                                           "rotation", "deepcluster", "simsiam", "byol", "simclr",
                                           "densecl", "mae"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace gvsl::trainer
