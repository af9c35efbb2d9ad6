// Every method, very small: the bits of its weights for any number of workers and after a death.
#include "tests/trainer/gang_fixture.h"

namespace gvsl::trainer {
namespace {

class MethodBits : public GangTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    make_method_ = model::MakeMethod;
    job_.method = GetParam();
    job_.slots = 3;
    job_.steps = 4;
    job_.checkpoint.every_steps = 2;
    job_.optimizer.learning_rate = 1e-3;
    MakeDataset(6, {32, 16, 16}, 2);  // a round is two steps
  }
  bool trains() const { return std::string(GetParam()) != "scratch"; }
};

TEST_P(MethodBits, AreTheSameForOneTwoAndThreeWorkers) {
  const std::string alone = Train(1);
  EXPECT_EQ(Train(2), alone);
  EXPECT_EQ(Train(3, {{2}, {0}, {1}}), alone);
  ++job_.seed;
  EXPECT_NE(Train(1), alone) << "the seed means nothing";
}

TEST_P(MethodBits, AreTheSameAfterADeathAJoinerAndACheckpoint) {
  const std::string alone = Train(1);
  // The third step, at the beginning of a round: in its first sum, whichever that is.
  const auto workers = TrainThroughTwoDeaths(2, 3);
  EXPECT_THAT(workers[0]->observer.began, ::testing::ElementsAre(2)) << "from the checkpoint";
  EXPECT_EQ(LastWeights(), alone);
}

TEST_P(MethodBits, TrainWithABatchOfTwoASlotAndInTheFastClass) {
  job_.slots = 2;
  job_.batch_per_slot = 2;
  job_.steps = 2;
  const std::string alone = Train(1);
  EXPECT_EQ(Train(2), alone);
  job_.numerics = Numerics::kFast;
  job_.checkpoint.directory = "/ckpt-fast";
  const auto workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_TRUE(std::isfinite(workers[0]->observer.steps.back().losses.at("total")));
}

TEST_P(MethodBits, ChangeTheEncoderUnlessNothingIsTrained) {
  const auto deepest = [this](std::uint64_t steps) {
    job_.steps = steps;
    Train(1);
    const auto file = SafetensorsFile::Open(
        files_, JoinPath(JoinPath(job_.checkpoint.directory, CheckpointName(steps)), kModelFile));
    const auto view = file->Find("unet.down4.maxpool_conv.1.double_conv.3.weight");
    return std::string(view->bytes.begin(), view->bytes.end());
  };
  EXPECT_EQ(deepest(2) != deepest(1), trains());
}

INSTANTIATE_TEST_SUITE_P(Method, MethodBits,
                         ::testing::Values("gvsl-no-affine", "scratch", "denoising", "inpainting",
                                           "models-genesis", "rotation", "deepcluster", "simsiam",
                                           "byol", "simclr", "densecl", "mae"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace gvsl::trainer
