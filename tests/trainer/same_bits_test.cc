// The GVSL method itself, very small: the bits of its weights.
#include "tests/trainer/gang_fixture.h"

namespace gvsl::trainer {
namespace {

class GvslBits : public GangTest {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    make_method_ = model::MakeMethod;
    job_.slots = 4;
    job_.steps = 3;
    job_.checkpoint.every_steps = 2;
    job_.optimizer.learning_rate = 1e-3;
    MakeDataset(4, {16, 16, 16}, 2);
  }
};

TEST_F(GvslBits, AreTheSameForOneTwoAndThreeWorkersAndAfterALoss) {
  const std::string alone = Train(1);
  EXPECT_EQ(Train(2), alone);
  EXPECT_EQ(Train(3, {{3}, {0, 2}, {1}}), alone);

  job_.checkpoint.directory = "/ckpt-killed";
  auto workers = NewWorkers(3);
  workers[0]->dies_at_sum = 1;
  RunGang(workers);
  workers[0] = NewWorker();
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), alone);
}

TEST_F(GvslBits, AreTheSameAfterGoingOnFromACheckpoint) {
  const std::string whole = Train(1);
  job_.checkpoint.directory = "/ckpt-resumed";
  auto workers = NewWorkers(2);
  workers[1]->dies_at_sum = 2;
  RunGang(workers);
  workers = NewWorkers(1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ::testing::ElementsAre(2));
  EXPECT_EQ(LastWeights(), whole);
}

TEST_F(GvslBits, ABatchOfTwoPairsASlotTrainsToo) {
  job_.slots = 2;
  job_.batch_per_slot = 2;
  job_.steps = 2;
  EXPECT_EQ(Train(2), Train(1));
}

}  // namespace
}  // namespace gvsl::trainer
