// Generations of a gang with a method that takes no time: what happens to state, lineage and
// checkpoints when members come, go, vote and fail.
#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "tests/trainer/gang_fixture.h"
#include "worker/trainer/step_meter.h"

namespace gvsl::trainer {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Generation : public GangTest {
 protected:
  void SetUp() override {
    GangTest::SetUp();
    MakeDataset(6, {4, 4, 4}, 2);
    make_method_ = [this, make = make_method_](const model::MethodOptions& options) {
      auto method = make(options);
      const std::lock_guard lock(mutex_);  // every rank makes its own
      fake_methods_.push_back(method->get());
      return method;
    };
  }

  std::mutex mutex_;
  std::vector<model::Method*> fake_methods_;  // in the order in which they were made
};

TEST_F(Generation, WeightsAreTheSameForAnyNumberOfWorkersAndAnySharesOfSlots) {
  const std::string alone = Train(1);
  EXPECT_EQ(Train(2), alone);
  EXPECT_EQ(Train(5), alone);
  EXPECT_EQ(Train(2, {{4}, {0, 1, 2, 3}}), alone);
  EXPECT_EQ(Train(3, {{1}, {0, 3, 4}, {2}}), alone);
}

TEST_F(Generation, WeightsDependOnTheSeed) {
  const std::string one = Train(1);
  ++job_.seed;
  EXPECT_NE(Train(1), one);
}

TEST_F(Generation, SurvivorsAndANewWorkerGoOnToTheSameWeights) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-killed";
  auto workers = NewWorkers(3);
  workers[0]->dies_at_sum = 4;
  const auto ends = RunGang(workers);
  ASSERT_TRUE(ends[1].ok() && ends[2].ok());
  EXPECT_EQ(*ends[1], GenerationEnd::kBroken);
  EXPECT_EQ(*ends[2], GenerationEnd::kBroken);
  EXPECT_THAT(workers[1]->lost, ElementsAre(0));
  EXPECT_EQ(workers[1]->session->held_step(), 4u);

  workers.erase(workers.begin());
  workers.insert(workers.begin(), NewWorker());  // the joiner is rank 0, the source is not
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(4));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, OneSurvivorIsEnough) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-one";
  auto workers = NewWorkers(3);
  workers[0]->dies_at_sum = 5;
  workers[1]->dies_at_sum = 5;
  RunGang(workers);
  workers.erase(workers.begin(), workers.begin() + 2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, AfterAllDiedTheJobGoesOnFromTheNewestCheckpoint) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-resumed";
  auto workers = NewWorkers(2);
  workers[0]->dies_at_sum = 5;
  RunGang(workers);
  workers = NewWorkers(3);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[2]->observer.began, ElementsAre(3));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, ADamagedCheckpointIsNamedAndTheOneBeforeItUsed) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-damaged";
  auto workers = NewWorkers(1);
  workers[0]->dies_at_sum = 7;
  RunGang(workers);
  ASSERT_TRUE(WriteFileDurably(files_, "/ckpt-damaged/step-000000006/model.safetensors", "x").ok());
  workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(3));
  ASSERT_EQ(workers[0]->observer.notices.size(), 1u);
  EXPECT_THAT(workers[0]->observer.notices[0], HasSubstr("step-000000006: model.safetensors"));
  EXPECT_THAT(workers[0]->observer.damaged, ElementsAre(6));
  EXPECT_TRUE(workers[0]->observer.checkpoints[0].found);
  EXPECT_EQ(workers[0]->observer.checkpoints[0].step, 3u) << "6 is not announced";
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, NobodyGoesBackToWhatASourceReadBeforeADamagedCheckpoint) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-joiner";
  auto workers = NewWorkers(2);
  workers[0]->dies_at_sum = 7;
  RunGang(workers);
  ASSERT_EQ(workers[1]->session->held_step(), 7u);
  ASSERT_TRUE(WriteFileDurably(files_, "/ckpt-joiner/step-000000006/model.safetensors", "x").ok());
  workers[0] = NewWorker();
  chosen_source_ = 0;
  RunGang(workers);
  EXPECT_EQ(workers[1]->session->held_step(), 7u);
  EXPECT_THAT(workers[1]->observer.began, ElementsAre(0));
  EXPECT_THAT(workers[0]->observer.damaged, ElementsAre(6));
  EXPECT_THAT(workers[0]->observer.notices.back(),
              HasSubstr("end at step 3; a member holds step 7"));
  chosen_source_ = std::nullopt;
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(7));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, WhereEveryCheckpointIsDamagedWhatAMemberHoldsIsKept) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-all-damaged";
  auto workers = NewWorkers(2);
  workers[0]->dies_at_sum = 5;
  RunGang(workers);
  const std::string file = "/ckpt-all-damaged/step-000000003/model.safetensors";
  ASSERT_TRUE(WriteFileDurably(files_, file, "x").ok());
  workers[0] = NewWorker();
  chosen_source_ = 0;
  const auto ends = RunGang(workers);
  ASSERT_TRUE(ends[0].ok()) << "no failure of this worker: " << ends[0].status();
  EXPECT_THAT(workers[0]->observer.damaged, ElementsAre(3));
  chosen_source_ = std::nullopt;
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(5));
  EXPECT_EQ(VerifyCheckpoint(files_, job_.checkpoint.directory, 8)->WeightsSha256(), expected);
}

TEST_F(Generation, LineageHoldsEveryStepAndSlotOnceAndEveryVolumeOnceARound) {
  job_.steps = 23;
  auto workers = NewWorkers(3);
  workers[1]->dies_at_sum = 10;
  RunGang(workers);
  workers.erase(workers.begin() + 1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  LastWeights();
  const auto read = checkpoint::ReadLineage(files_, job_.checkpoint.directory, job_.steps);
  ASSERT_TRUE(read.ok()) << read.status();
  const auto& rows = read->rows;
  ASSERT_EQ(rows.size(), job_.steps * job_.slots * 2);

  data_loader::SamplePlanInput input{job_.seed, job_.slots, 1, {}, {}};
  for (const auto& shard : dataset_.shards) input.shards.push_back(shard.volumes);
  for (const auto& volume : dataset_.volumes) input.subjects.push_back(volume.subject);
  auto plan = data_loader::SamplePlan::Create(input);
  ASSERT_TRUE(plan.ok());
  std::map<std::uint64_t, std::multiset<std::int64_t>> seen;  // A by round
  std::uint64_t whole_rounds = 1000;
  for (std::uint32_t slot = 0; slot < job_.slots; ++slot) {
    for (std::uint64_t step = 0; step < job_.steps; ++step) {
      seen[plan->RoundAt(step, slot)].insert(rows[(step * job_.slots + slot) * 2]);
    }
    whole_rounds = std::min(whole_rounds, plan->RoundAt(job_.steps - 1, slot));
  }
  ASSERT_GT(whole_rounds, 5u);
  for (std::uint64_t round = 0; round < whole_rounds; ++round) {
    EXPECT_THAT(seen[round], ElementsAre(0, 1, 2, 3, 4, 5)) << "round " << round;
  }
}

TEST_F(Generation, OneVoteStopsEveryRankAfterTheSameStep) {
  auto workers = NewWorkers(3);
  workers[2]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 4) workers[2]->stop.Raise(StopVote::kBoundary);
  };
  ExpectAll(RunGang(workers), GenerationEnd::kStopped);
  for (const auto& worker : workers) EXPECT_EQ(worker->session->held_step(), 5u);
  EXPECT_EQ(*ListCheckpointSteps(files_, "/ckpt"), std::vector<std::uint64_t>{3});
}

TEST_F(Generation, AVoteForACheckpointIsWrittenByRankZeroWhoeverVoted) {
  auto workers = NewWorkers(2);
  workers[1]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 3) workers[1]->stop.Raise(StopVote::kCheckpoint);
  };
  ExpectAll(RunGang(workers), GenerationEnd::kStopped);
  EXPECT_EQ(*ListCheckpointSteps(files_, "/ckpt"), (std::vector<std::uint64_t>{3, 4}));
  ASSERT_EQ(workers[0]->observer.checkpoints.size(), 2u);
  EXPECT_EQ(workers[0]->observer.checkpoints[1].path, "/ckpt/step-000000004");
  EXPECT_TRUE(workers[1]->observer.checkpoints.empty());
}

TEST_F(Generation, AJobThatStoppedAndWentOnEndsWithTheSameWeights) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-stopped";
  auto workers = NewWorkers(2);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 4) workers[0]->stop.Raise(StopVote::kBoundary);
  };
  ExpectAll(RunGang(workers), GenerationEnd::kStopped);
  workers[0] = NewWorker();
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, StopAtOnceLeavesBeforeTheNextSlot) {
  auto workers = NewWorkers(2);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 2) workers[0]->stop.Raise(StopVote::kNow);
  };
  ExpectAll(RunGang(workers), GenerationEnd::kBroken);
  EXPECT_EQ(workers[0]->session->held_step(), 2u);
}

TEST_F(Generation, AFullDiskIsReportedAndTrainingGoesOn) {
  job_.checkpoint.every_steps = 3;
  auto workers = NewWorkers(2);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 5) files_.SetCapacity(0);
    if (progress.step == 7) files_.SetCapacity(std::numeric_limits<std::uint64_t>::max());
  };
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  const auto& outcomes = workers[0]->observer.checkpoints;
  ASSERT_EQ(outcomes.size(), 3u);
  EXPECT_TRUE(outcomes[0].status.ok());
  EXPECT_EQ(outcomes[1].step, 6u);
  EXPECT_EQ(outcomes[1].status.code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(outcomes[2].status.ok());
  LastWeights();  // the lineage has no gap where the checkpoint failed
}

TEST_F(Generation, LineageHasNoGapWhereACheckpointFailedAndItsWriterDied) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-gap";
  auto workers = NewWorkers(2);
  workers[0]->dies_at_sum = 7;
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 5) files_.SetCapacity(0);
  };
  RunGang(workers);
  files_.SetCapacity(std::numeric_limits<std::uint64_t>::max());
  workers.erase(workers.begin());
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, ALastCheckpointThatTheDiskRefusesIsWrittenByALaterGeneration) {
  auto workers = NewWorkers(2);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 7) files_.SetCapacity(0);
  };
  const TimePoint begin = clock_.Now();
  const auto ends = RunGang(workers);
  EXPECT_EQ(ends[0].status().code(), StatusCode::kDeadlineExceeded) << "no failure: it may pass";
  EXPECT_THAT(ends[0].status().message(), HasSubstr("the last checkpoint could not be written"));
  EXPECT_GE(clock_.Now() - begin, std::chrono::seconds(10));
  EXPECT_EQ(*ListCheckpointSteps(files_, "/ckpt"), (std::vector<std::uint64_t>{3, 6}));
  EXPECT_EQ(workers[0]->session->held_step(), 8u);
  files_.SetCapacity(std::numeric_limits<std::uint64_t>::max());
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(ListCheckpointSteps(files_, "/ckpt")->back(), 8u);
}

TEST_F(Generation, WhenTheWriterDiesAtTheEndASurvivorWritesTheLastCheckpoint) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-last";
  auto workers = NewWorkers(2);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step < 8) return;
    board_->AwaitAll(8);
    throw std::runtime_error("killed before the last checkpoint");
  };
  const auto ends = RunGang(workers);
  EXPECT_FALSE(ends[0].ok());
  EXPECT_EQ(workers[1]->session->held_step(), 8u);
  workers.erase(workers.begin());
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, WhenTheWriterDiesWithTheLastStepASurvivorComputesItAgain) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-last-lost";
  auto workers = NewWorkers(2);
  workers[1]->misses_sum = 7;
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step == 8) throw std::runtime_error("killed before the last checkpoint");
  };
  const auto ends = RunGang(workers);
  EXPECT_FALSE(ends[0].ok());
  EXPECT_EQ(workers[0]->session->held_step(), 8u);
  EXPECT_EQ(workers[1]->session->held_step(), 7u);
  workers.erase(workers.begin());
  workers[0]->misses_sum = -1;
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(0, 7));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, ADamagedLastCheckpointIsWrittenAgainBeforeTheJobEnds) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-damaged-last";
  auto workers = NewWorkers(1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  const std::string path = "/ckpt-damaged-last/step-000000008/optimizer.safetensors";
  ASSERT_TRUE(WriteFileDurably(files_, path, "damaged").ok());
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, AWholeLastCheckpointNeedsNoRoomOnTheDisk) {
  auto workers = NewWorkers(1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  files_.SetCapacity(0);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
}

TEST_F(Generation, ASourceThatDoesNotSeeTheNewestCheckpointDoesNotBegin) {
  auto workers = NewWorkers(1);
  workers[0]->dies_at_sum = 7;
  RunGang(workers);
  ASSERT_TRUE(VerifyCheckpoint(files_, "/ckpt", 6).ok());
  known_checkpoint_ = 6;
  job_.checkpoint.directory = "/not-mounted";
  auto ends = RunGang(NewWorkers(1));
  EXPECT_EQ(ends[0].status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(ends[0].status().message(), HasSubstr("/not-mounted as this worker sees it holds no "
                                                    "checkpoint, but the job has one of step 6"));

  job_.checkpoint.directory = "/ckpt";
  known_checkpoint_ = 7;
  ends = RunGang(NewWorkers(1));
  EXPECT_EQ(ends[0].status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(ends[0].status().message(), HasSubstr("ends at step 6"));

  known_checkpoint_ = 6;
  workers = NewWorkers(1);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(6));
}

TEST_F(Generation, ADiskThatCannotBeReadIsNoReasonToGoBackAStep) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-ill";
  auto workers = NewWorkers(1);
  workers[0]->dies_at_sum = 7;
  RunGang(workers);
  const std::string file = "/ckpt-ill/step-000000006/model.safetensors";
  for (const std::string& ill : {file, std::string("/ckpt-ill")}) {
    files_.FailReads(ill, Status(StatusCode::kUnknown, "Input/output error"));
    workers = NewWorkers(1);
    const TimePoint begin = clock_.Now();
    const auto ends = RunGang(workers);
    EXPECT_EQ(ends[0].status().code(), StatusCode::kDeadlineExceeded) << ends[0].status();
    EXPECT_THAT(ends[0].status().message(), HasSubstr("Input/output error"));
    EXPECT_GE(clock_.Now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(workers[0]->session->held_step(), std::nullopt);
    files_.FailReads(ill, OkStatus());
  }
  EXPECT_EQ(checkpoint::ListLineage(files_, "/ckpt-ill")->size(), 2u);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(6));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, ADiskThatCannotBeWrittenWhileGoingBackIsTriedAgain) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-back";
  auto workers = NewWorkers(1);
  workers[0]->dies_at_sum = 7;
  RunGang(workers);
  ASSERT_TRUE(WriteFileDurably(files_, "/ckpt-back/step-000000006/model.safetensors", "x").ok());
  files_.DieAfter(0);  // the lineage beyond step 3 cannot be removed
  workers = NewWorkers(1);
  EXPECT_EQ(RunGang(workers)[0].status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(workers[0]->session->held_step(), std::nullopt);
  files_.LosePower();
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(3));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, AWorkerThatIsToldToStopAtOnceInsistsOnNothing) {
  auto workers = NewWorkers(1);
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step < 8) return;
    files_.SetCapacity(0);
    workers[0]->stop.Raise(StopVote::kNow);
  };
  const TimePoint begin = clock_.Now();
  ExpectAll(RunGang(workers), GenerationEnd::kBroken);
  EXPECT_LE(clock_.Now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(workers[0]->session->held_step(), 8u);
}

TEST_F(Generation, AnErrorInTheMiddleOfAnUpdateLeavesNoHalfState) {
  const std::string expected = Train(1);
  job_.checkpoint.directory = "/ckpt-half";
  auto workers = NewWorkers(1);
  bool fails = true;
  workers[0]->observer.on_step = [&](const StepProgress& progress) {
    if (progress.step != 5 || !std::exchange(fails, false)) return;
    // The next update changes the first parameters and then finds the last of another shape.
    at::Tensor last = fake_methods_.back()->NamedParameters().back().second;
    last.set_data(at::ones({4}));
  };
  const auto ends = RunGang(workers);
  ASSERT_FALSE(ends[0].ok());
  EXPECT_EQ(workers[0]->session->held_step(), std::nullopt);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  EXPECT_THAT(workers[0]->observer.began, ElementsAre(0, 3));
  EXPECT_EQ(LastWeights(), expected);
}

TEST_F(Generation, ALastCheckpointThatIsThereAlreadyIsToldAgain) {
  auto workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  workers.erase(workers.begin());  // it may have died before anybody heard of the checkpoint
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  const auto& told = workers[0]->observer.checkpoints;
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().step, 8u);
  EXPECT_TRUE(told.back().status.ok());
}

TEST_F(Generation, TheObserverHearsOfWaitingForPeersAndOfCheckpoints) {
  const auto workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  const auto count = [&](int rank, Activity activity) {
    const auto& heard = workers[rank]->observer.activities;
    return std::count(heard.begin(), heard.end(), activity);
  };
  EXPECT_EQ(count(0, Activity::kCheckpointing), 3) << "of the steps 3, 6 and 8";
  EXPECT_EQ(count(1, Activity::kCheckpointing), 0);
  for (const int rank : {0, 1}) {
    EXPECT_EQ(count(rank, Activity::kWaiting), 1 + 8 + 1) << "the state, the sums, the end";
    EXPECT_EQ(workers[rank]->observer.activities.back(), Activity::kWaiting);
  }
}

TEST_F(Generation, ALossThatIsNotANumberFailsTheJobOnEveryRankAndNamesStepAndSlot) {
  make_method_ = MakeFakeMethod({.broken = {{4, 2}}});
  const auto workers = NewWorkers(2);
  const auto ends = RunGang(workers);
  for (const auto& end : ends) {
    if (end.ok()) {
      EXPECT_EQ(*end, GenerationEnd::kBroken);
      continue;
    }
    EXPECT_THAT(end.status().message(), HasSubstr("not a finite number at step 4, slot 2"));
  }
  EXPECT_FALSE(ends[0].ok() && ends[1].ok());
  EXPECT_TRUE(VerifyCheckpoint(files_, "/ckpt", 3).ok());
  for (const auto& worker : workers) EXPECT_EQ(worker->session->held_step(), 4u);
}

TEST_F(Generation, AnotherJobsCheckpointDirectoryIsRefused) {
  Train(1);
  job_.uid = "uid-2";
  const auto workers = NewWorkers(2);
  const auto ends = RunGang(workers);
  EXPECT_EQ(ends[0].status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(ends[0].status().message(), HasSubstr("another job: heads (uid-1)"));
  ASSERT_TRUE(ends[1].ok());
  EXPECT_EQ(*ends[1], GenerationEnd::kBroken);
}

TEST_F(Generation, ACheckpointOfAnotherNumberOfThreadsIsRefused) {
  auto workers = NewWorkers(1);
  workers[0]->dies_at_sum = 5;
  RunGang(workers);
  job_.threads = 2;
  workers = NewWorkers(1);
  const auto ends = RunGang(workers);
  EXPECT_EQ(ends[0].status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(ends[0].status().message(), HasSubstr("threads 1; this job has 2"));
}

TEST_F(Generation, AnotherDatasetOrNoneIsAnErrorWithAReason) {
  job_.dataset_sha256 = "another";
  EXPECT_THAT(RunGang(NewWorkers(1))[0].status().message(), HasSubstr("submitted with another"));
  job_.dataset = "/nowhere";
  const auto ends = RunGang(NewWorkers(2));
  EXPECT_FALSE(ends[0].ok());
  EXPECT_THAT(ends[0].status().message(), HasSubstr("this worker cannot read the dataset"));
}

TEST_F(Generation, ProgressHasLossesRatesAndPhases) {
  job_.optimizer.warmup_steps = 4;
  const auto workers = NewWorkers(2);
  ExpectAll(RunGang(workers), GenerationEnd::kFinished);
  const auto& steps = workers[1]->observer.steps;
  ASSERT_EQ(steps.size(), job_.steps);
  EXPECT_EQ(steps[0].step, 1u);
  EXPECT_DOUBLE_EQ(steps[0].learning_rate, 0.0025);
  EXPECT_DOUBLE_EQ(steps[7].learning_rate, 0.01);
  EXPECT_EQ(steps[7].losses.at("total"), steps[7].losses.at("error"));
  EXPECT_LT(steps[7].losses.at("total"), steps[0].losses.at("total"));
  EXPECT_EQ(steps[7].losses, workers[0]->observer.steps[7].losses);
  EXPECT_EQ(steps[7].phase_seconds.size(), kPhases);
}

}  // namespace
}  // namespace gvsl::trainer
