// What becomes of a job when its workers come, go and die: the whole coordinator with scripted
// workers.
#include <gtest/gtest.h>

#include "tests/coordinator/fake_cluster.h"

namespace gvsl::coordinator {
namespace {

using v1::TrainerReport;

class GangLife : public testing::Test {
 protected:
  void StartJob(int workers, std::uint32_t min = 1, std::uint64_t steps = 40) {
    for (int i = 0; i < workers; ++i) cluster.AddWorker("w" + std::to_string(i));
    cluster.Rounds(2);
    v1::JobSpec spec = cluster.Spec("heads", steps);
    spec.mutable_workers()->set_min(min);
    cluster.Submit(spec);
  }
  v1::Job Job() { return cluster.Job("heads"); }
  std::size_t Members() { return Job().workers_size(); }
  std::string Explain() {
    std::string all;
    const auto explained = cluster.coordinator().ExplainJob("heads");
    EXPECT_TRUE(explained.ok());
    for (const std::string& one : explained->sentences()) all += one;
    return all;
  }

  FakeCluster cluster;
};

TEST_F(GangLife, AJobRunsToItsEndAndItsLastCheckpointIsListed) {
  StartJob(2);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(Job().step(), 40u);
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_EQ(Job().checkpoints(0).step(), 40u);
  EXPECT_NEAR(Job().result().at("total"), 1.0 / 40, 1e-9);
  EXPECT_EQ(Job().generation(), 1u);
  EXPECT_TRUE(Job().has_end_time());
}

TEST_F(GangLife, WorkersAreFreeAgainAfterTheEnd) {
  StartJob(2, 1, 3);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  cluster.Rounds(2);
  EXPECT_EQ(cluster.worker("w0").report.state(), TrainerReport::STATE_IDLE);
  cluster.Submit(cluster.Spec("next", 3));
  EXPECT_TRUE(cluster.Reaches("next", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, NoGangIsFormedBelowTheMinimumAndTheReasonSaysWhy) {
  StartJob(2, 3);
  cluster.Rounds(5);
  EXPECT_EQ(Job().state(), v1::JOB_STATE_QUEUED);
  EXPECT_NE(Job().reason().find("it needs 3 workers"), std::string::npos) << Job().reason();
  cluster.AddWorker("w2");
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_RUNNING));
  EXPECT_EQ(Members(), 3u);
}

TEST_F(GangLife, TheLossOfAnyMemberIsSurvivedWithoutLosingACommittedStep) {
  for (const std::string victim : {"w0", "w1", "w2"}) {
    SCOPED_TRACE(victim);
    FakeCluster fresh;
    for (const char* name : {"w0", "w1", "w2"}) fresh.AddWorker(name);
    fresh.Rounds(2);
    fresh.Submit(fresh.Spec("heads", 40));
    ASSERT_TRUE(fresh.ReachesStep("heads", 10));
    const std::uint64_t before = fresh.Job("heads").step();
    fresh.Kill(victim);
    ASSERT_TRUE(fresh.RoundsUntil([&] { return fresh.Job("heads").generation() == 2; }));
    EXPECT_GE(fresh.Job("heads").step(), before);
    EXPECT_EQ(fresh.Job("heads").state(), v1::JOB_STATE_RUNNING);
    EXPECT_EQ(fresh.Job("heads").workers_size(), 2);
    EXPECT_TRUE(fresh.HasEvent("heads", "WORKER_LOST"));
    EXPECT_TRUE(fresh.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  }
}

TEST_F(GangLife, AnAccusedMemberThatIsSilentIsLostBeforeItsLeaseEnds) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.Kill("w1");
  int rounds = 0;
  while (Job().generation() == 1 && rounds < 50) {
    cluster.Round();
    ++rounds;
  }
  EXPECT_LE(rounds, 8);  // the lease alone would be 15 rounds
}

TEST_F(GangLife, AnAccusedMemberThatStillSpeaksIsKept) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.worker("w0").report.set_state(TrainerReport::STATE_STOPPED);
  cluster.worker("w0").report.add_suspects("w1");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  EXPECT_EQ(Members(), 2u);
  EXPECT_FALSE(cluster.HasEvent("heads", "WORKER_LOST"));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, ASilentAgentIsLostWhenItsLeaseEndsAndMayJoinAgain) {
  StartJob(2, 1, 120);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.worker("w1").silent = true;
  cluster.Rounds(14);
  EXPECT_EQ(Job().generation(), 1u);
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  EXPECT_EQ(Members(), 1u);
  cluster.worker("w1").silent = false;
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Members() == 2; }));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, AMemberThatIsLostWhileFormingDoesNotHoldTheOthers) {
  StartJob(3);
  cluster.Kill("w1");
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(cluster.Events("heads")[1], "GANG_FORMED");
}

TEST_F(GangLife, ATrainerThatDiesIsReplacedAndJoinsAgain) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.KillTrainer("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() >= 2 && Members() == 2; }));
  EXPECT_TRUE(cluster.HasEvent("heads", "WORKER_LOST"));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, AnAgentThatComesBackIsANewMember) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.RestartAgent("w1");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() >= 2 && Members() == 2; }));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, AJobThatLostAllItsWorkersGoesOnFromTheCheckpoint) {
  StartJob(2);
  cluster.Rounds(1);
  cluster.Kill("w0");
  cluster.Kill("w1");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  v1::JobSpec spec = cluster.Spec("other", 30);
  spec.mutable_checkpoint()->set_every_steps(10);
  spec.mutable_workers()->set_min(2);
  cluster.AddWorker("w2");
  cluster.AddWorker("w3");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  cluster.Submit(spec);
  ASSERT_TRUE(cluster.ReachesStep("other", 25));
  cluster.Kill("w2");
  cluster.Kill("w3");
  ASSERT_TRUE(cluster.Reaches("other", v1::JOB_STATE_QUEUED));
  EXPECT_EQ(cluster.Job("other").step(), 20u);
  cluster.RestartAgent("w2");
  cluster.RestartAgent("w3");
  ASSERT_TRUE(cluster.Reaches("other", v1::JOB_STATE_RUNNING));
  EXPECT_GE(cluster.Job("other").step(), 20u);
  EXPECT_TRUE(cluster.Reaches("other", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, SurvivorsBelowTheMinimumWaitAWhileWithTheirState) {
  StartJob(2, 2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  const std::uint64_t held = cluster.worker("w1").report.step();
  cluster.Rounds(20);
  EXPECT_EQ(Job().checkpoints_size(), 0);
  EXPECT_EQ(cluster.worker("w1").report.state(), TrainerReport::STATE_STOPPED);
  EXPECT_TRUE(cluster.worker("w1").report.holds_state());
  EXPECT_NE(Job().reason().find("1 held"), std::string::npos) << Job().reason();
  cluster.AddWorker("w9");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_RUNNING));
  EXPECT_GE(Job().step(), held);
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, SurvivorsBelowTheMinimumSaveWhatTheyHoldAndAreFreeForOtherJobs) {
  StartJob(2, 2, 60);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  const std::uint64_t held = cluster.worker("w1").report.step();
  cluster.Submit(cluster.Spec("later", 400));
  ASSERT_TRUE(cluster.Reaches("later", v1::JOB_STATE_RUNNING));
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_GE(Job().checkpoints(0).step(), held);
  EXPECT_EQ(Job().step(), Job().checkpoints(0).step());
  EXPECT_EQ(Job().state(), v1::JOB_STATE_QUEUED);
  EXPECT_NE(Job().reason().find("it needs 2 workers; 0 held"), std::string::npos) << Job().reason();
  EXPECT_NE(Job().reason().find("w1 works for job later"), std::string::npos) << Job().reason();
  cluster.AddWorker("w7");
  cluster.AddWorker("w8");
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, TwoJobsThatLostAWorkerEachDoNotWaitForEachOther) {
  for (const char* name : {"w0", "w1", "w2", "w3"}) cluster.AddWorker(name);
  cluster.Rounds(2);
  for (const char* name : {"first", "second"}) {
    v1::JobSpec spec = cluster.Spec(name, 60);
    spec.mutable_workers()->set_min(2);
    spec.mutable_workers()->set_max(2);
    cluster.Submit(spec);
  }
  ASSERT_TRUE(cluster.ReachesStep("first", 10));
  ASSERT_TRUE(cluster.ReachesStep("second", 10));
  cluster.Kill("w0");
  cluster.Kill("w2");
  ASSERT_TRUE(cluster.Reaches("first", v1::JOB_STATE_SUCCEEDED)) << cluster.Job("first").reason();
  ASSERT_TRUE(cluster.Reaches("second", v1::JOB_STATE_SUCCEEDED)) << cluster.Job("second").reason();
}

TEST_F(GangLife, ASurvivorWhoseCheckpointCannotBeWrittenKeepsItsStateAndTriesAgain) {
  StartJob(2, 2, 60);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.disk_full = true;
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return cluster.HasEvent("heads", "CHECKPOINT_FAILED"); }));
  const std::uint64_t held = cluster.worker("w1").report.step();
  cluster.Rounds(100);
  EXPECT_EQ(cluster.worker("w1").report.state(), TrainerReport::STATE_STOPPED);
  EXPECT_EQ(cluster.worker("w1").report.step(), held);
  EXPECT_EQ(Job().state(), v1::JOB_STATE_QUEUED);
  EXPECT_NE(Explain().find("The last checkpoint could not be written: no space left"),
            std::string::npos)
      << Explain();
  cluster.disk_full = false;
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().checkpoints_size() == 1; }));
  EXPECT_GE(Job().checkpoints(0).step(), held);
  ASSERT_TRUE(cluster.RoundsUntil(
      [&] { return cluster.worker("w1").report.state() == TrainerReport::STATE_IDLE; }));
  cluster.RestartAgent("w0");
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, APauseOfAShortageSavesFirstAlsoAfterAnAttemptThatFailed) {
  StartJob(2, 2, 60);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.disk_full = true;
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return cluster.HasEvent("heads", "CHECKPOINT_FAILED"); }));
  cluster.disk_full = false;
  const std::uint64_t held = cluster.worker("w1").report.step();
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  EXPECT_GE(Job().step(), held);
}

TEST_F(GangLife, APauseThatIsTakenBackLeavesNoGangBelowTheMinimum) {
  StartJob(2, 2, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  ASSERT_TRUE(cluster.coordinator().ResumeJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  EXPECT_GE(Job().checkpoints_size(), 1);
}

TEST_F(GangLife, AMemberThatIsLostWhileTheOthersSaveHoldsThemUpNoLonger) {
  StartJob(3, 3, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w2");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  cluster.Kill("w0");
  int rounds = 0;
  for (; Job().checkpoints_size() == 0 && rounds < 100; ++rounds) cluster.Round();
  EXPECT_LT(rounds, 40);  // of a tenth of a second: not the half minute of a disk that refused
  EXPECT_EQ(Job().checkpoints_size(), 1);
}

TEST_F(GangLife, ARestartedCoordinatorGoesOnSaving) {
  StartJob(2, 2, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  cluster.StopCoordinator();
  cluster.StartCoordinator();
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().checkpoints_size() == 1; }));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
}

TEST_F(GangLife, ASaveAtTheLastStepEndsTheJob) {
  StartJob(2, 2, 12);
  ASSERT_TRUE(cluster.ReachesStep("heads", 11));
  cluster.worker("w0").alive = false;
  cluster.worker("w1").report.set_state(TrainerReport::STATE_STOPPED);
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED)) << Job().reason();
}

TEST_F(GangLife, TheLastSurvivorThatLeavesSavesWhatItHolds) {
  StartJob(2, 2, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  const std::uint64_t held = cluster.worker("w1").report.step();
  cluster.worker("w1").leaving = true;
  ASSERT_TRUE(cluster.RoundsUntil([&] { return !cluster.worker("w1").alive; }));
  cluster.Rounds(3);
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_GE(Job().step(), held);
  EXPECT_EQ(Job().state(), v1::JOB_STATE_QUEUED);
}

TEST_F(GangLife, AWorkerThatLeavesWhileItsGangFormsSavesWhatItHolds) {
  StartJob(2, 1, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  cluster.worker("w1").leaving = true;
  const std::uint64_t held = cluster.worker("w1").report.step();
  ASSERT_TRUE(cluster.RoundsUntil([&] { return !cluster.worker("w1").alive; }));
  cluster.Rounds(3);
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_GE(Job().step(), held);
}

TEST_F(GangLife, ARunningGangIsNotStoppedForJoinersWhoWouldStillBeTooFew) {
  StartJob(2, 1, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  v1::ScaleJobRequest request;
  request.set_job("heads");
  request.set_min_workers(4);
  request.set_max_workers(4);
  ASSERT_TRUE(cluster.coordinator().ScaleJob(request).ok());
  cluster.AddWorker("w5");
  cluster.Rounds(30);
  EXPECT_EQ(Job().generation(), 1u);
  EXPECT_EQ(Job().state(), v1::JOB_STATE_RUNNING);
  cluster.AddWorker("w6");
  EXPECT_TRUE(cluster.RoundsUntil([&] { return Members() == 4; }));
}

TEST_F(GangLife, AWorkerThatLeavesAtABoundaryVoteOfOthersStillSaves) {
  StartJob(1, 1, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.AddWorker("w1");
  ASSERT_TRUE(cluster.RoundsUntil(
      [&] { return cluster.worker("w0").report.state() == TrainerReport::STATE_STOPPED; }));
  const std::uint64_t held = cluster.worker("w0").report.step();
  cluster.worker("w0").leaving = true;
  cluster.Kill("w1");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return !cluster.worker("w0").alive; }));
  cluster.Rounds(3);
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_GE(Job().step(), held);
}

TEST_F(GangLife, ALastCheckpointThatTheDiskRefusesIsTriedAgainAndNoFailure) {
  StartJob(2, 1, 12);
  cluster.disk_full = true;
  ASSERT_TRUE(cluster.RoundsUntil([&] { return cluster.HasEvent("heads", "CHECKPOINT_FAILED"); }));
  cluster.Rounds(100);
  EXPECT_EQ(Job().state(), v1::JOB_STATE_RUNNING) << Job().reason();
  EXPECT_EQ(Job().step(), 12u);
  cluster.disk_full = false;
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, LostTimeIsCountedByCause) {
  StartJob(2, 1, 100'000);
  const auto lost = [&](const std::string& cause) {
    auto seconds = cluster.coordinator().Snapshot().lost_seconds.at(Job().uid());
    return seconds[cause];
  };
  ASSERT_TRUE(cluster.ReachesStep("heads", 20));
  EXPECT_EQ(lost("queued") + lost("paused") + lost("reforming"), 0);
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  cluster.Rounds(5);
  EXPECT_GT(lost("reforming"), 0.1);
  EXPECT_LT(lost("reforming"), 5);
  const std::uint64_t step = Job().step();
  cluster.Kill("w1");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  cluster.Rounds(100);
  EXPECT_NEAR(lost("queued"), 10, 0.5);
  EXPECT_NEAR(lost("recomputing"), static_cast<double>(step) * 0.1, 1) << "there is no checkpoint";
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  cluster.Rounds(50);
  EXPECT_NEAR(lost("paused"), 5, 0.5);
  EXPECT_NEAR(lost("queued"), 10, 0.5);
}

TEST_F(GangLife, AnIdleWorkerJoinsAtAStepBoundary) {
  StartJob(1);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.AddWorker("w5");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Members() == 2; }));
  EXPECT_EQ(Job().generation(), 2u);
  EXPECT_FALSE(cluster.HasEvent("heads", "WORKER_LOST"));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, NobodyJoinsWhereThereIsNoSlotLeft) {
  StartJob(4);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.AddWorker("w5");
  cluster.Rounds(10);
  EXPECT_EQ(Job().generation(), 1u);
}

TEST_F(GangLife, AFreeWorkerGoesToTheJobThatWaitsRatherThanToOneThatRuns) {
  StartJob(1);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.Submit(cluster.Spec("second", 40));
  cluster.Rounds(2);
  EXPECT_EQ(cluster.Job("second").state(), v1::JOB_STATE_QUEUED);
  cluster.AddWorker("w5");
  EXPECT_TRUE(cluster.Reaches("second", v1::JOB_STATE_RUNNING));
  EXPECT_EQ(Job().generation(), 1u);
}

TEST_F(GangLife, AWorkerThatLeavesIsCheckpointedFirstAndTheOthersGoOn) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.worker("w0").leaving = true;
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Members() == 1; }));
  EXPECT_FALSE(cluster.worker("w0").alive);
  EXPECT_GE(Job().checkpoints_size(), 1);
  cluster.Rounds(30);
  EXPECT_FALSE(cluster.HasEvent("heads", "WORKER_LOST"));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, WhenTheLastWorkerLeavesTheJobWaitsAtItsCheckpoint) {
  StartJob(1);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.worker("w0").leaving = true;
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_EQ(Job().step(), Job().checkpoints(0).step());
  EXPECT_GE(Job().step(), 10u);
}

TEST_F(GangLife, APausedJobHasACheckpointAndGivesItsWorkersBack) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_EQ(Job().step(), Job().checkpoints(0).step());
  cluster.Rounds(2);
  EXPECT_EQ(cluster.worker("w0").report.state(), TrainerReport::STATE_IDLE);
  ASSERT_TRUE(cluster.coordinator().ResumeJob("heads").ok());
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, APauseThatLosesAWorkerOnTheWayIsStillAPauseWithACheckpoint) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_GE(Job().step(), 10u);
}

TEST_F(GangLife, ACancelledJobIsOverAtOnceAndCancellingAgainIsFine) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  EXPECT_EQ(cluster.coordinator().CancelJob("heads")->state(), v1::JOB_STATE_CANCELLED);
  EXPECT_TRUE(cluster.coordinator().CancelJob("heads").ok());
  cluster.Rounds(2);
  EXPECT_EQ(cluster.worker("w0").report.state(), TrainerReport::STATE_IDLE);
  EXPECT_EQ(cluster.coordinator().PauseJob("heads").status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(GangLife, WhenRank0DiesBeforeItsLastCheckpointASurvivorWritesIt) {
  StartJob(2, 1, 12);
  ASSERT_TRUE(cluster.RoundsUntil([&] { return cluster.worker("w0").report.step() == 11; }));
  FakeWorker& first = cluster.worker("w0");
  FakeWorker& second = cluster.worker("w1");
  first.alive = false;  // both had committed step 12; the checkpoint was never there
  second.report.set_step(12);
  second.report.set_state(TrainerReport::STATE_FINISHED);
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  EXPECT_EQ(Job().step(), 12u);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(Job().checkpoints().rbegin()->step(), 12u);
}

TEST_F(GangLife, AFinishedReportThatComesTwiceIsHarmless) {
  StartJob(1, 1, 3);
  ASSERT_TRUE(cluster.RoundsUntil(
      [&] { return cluster.worker("w0").report.state() == TrainerReport::STATE_FINISHED; }));
  const TrainerReport finished = cluster.worker("w0").report;
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  const std::size_t events = cluster.Events("heads").size();
  cluster.worker("w0").report = finished;
  cluster.Round();
  EXPECT_EQ(Job().state(), v1::JOB_STATE_SUCCEEDED);
  EXPECT_EQ(cluster.Events("heads").size(), events);
}

TEST_F(GangLife, AReportOfAnOlderGenerationChangesNothing) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 10));
  const TrainerReport old = cluster.worker("w1").report;
  cluster.KillTrainer("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  TrainerReport stale = old;
  stale.set_step(39);
  stale.mutable_progress()->set_step(39);
  const TrainerReport present = cluster.worker("w1").report;
  cluster.worker("w1").report = stale;
  cluster.Beat(cluster.worker("w1"));
  EXPECT_LT(Job().step(), 39u);
  EXPECT_EQ(cluster.worker("w1").directive.assignment().generation(), Job().generation());
}

TEST_F(GangLife, ATrainerThatCannotGoOnFailsTheJobWithItsReason) {
  StartJob(2);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.worker("w1").report.set_state(TrainerReport::STATE_FAILED);
  cluster.worker("w1").report.set_reason("the loss is not finite");
  cluster.Round();
  EXPECT_EQ(Job().state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(Job().reason(), "worker w1 failed: the loss is not finite");
  ASSERT_TRUE(cluster.coordinator().ResumeJob("heads").ok());
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, ATroubleOfOneMachineInTheMiddleCostsOnlyItsSeat) {
  StartJob(2, 1, 60);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  const std::uint64_t before = Job().step();
  TrainerReport& report = cluster.worker("w1").report;
  report.set_state(TrainerReport::STATE_FAILED);
  report.set_own_trouble(true);
  report.set_reason("this worker has too little memory for the job");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  EXPECT_EQ(Members(), 1u);
  EXPECT_GE(Job().step(), before);
  EXPECT_NE(Explain().find("Worker w1 is not taken: it could not go on: this worker has too little "
                           "memory for the job."),
            std::string::npos)
      << Explain();
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, AWorkerThatCouldNotGoOnIsTakenAgainAfterARest) {
  StartJob(2, 1, 100'000);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  TrainerReport& report = cluster.worker("w1").report;
  report.set_state(TrainerReport::STATE_FAILED);
  report.set_own_trouble(true);
  report.set_reason("read: Input/output error");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Members() == 1; }));
  cluster.Rounds(100);
  EXPECT_EQ(Members(), 1u);
  for (int i = 0; i < 3000 && Members() == 1; ++i) cluster.Round();
  ASSERT_EQ(Members(), 2u);
  // What it once could not do is no reason when everybody is merely lost.
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Members() == 1; }));
  cluster.Kill("w1");
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED)) << Job().reason();
}

TEST_F(GangLife, AJobThatGoesBackBehindADamagedCheckpointShowsItsTrueStep) {
  v1::JobSpec spec = cluster.Spec("heads", 60);
  spec.mutable_checkpoint()->set_every_steps(10);
  cluster.AddWorker("w0");
  cluster.Rounds(2);
  cluster.Submit(spec);
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().checkpoints_size() == 2; }));
  cluster.Kill("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
  ASSERT_EQ(Job().step(), 20u);
  ASSERT_TRUE(cluster.files().RemoveTree("/ckpt/heads/step-000000020").ok());  // it reads step 10
  cluster.RestartAgent("w0");
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_RUNNING));
  EXPECT_LT(Job().step(), 20u);
  ASSERT_TRUE(cluster.ReachesStep("heads", 15));
  EXPECT_LT(Job().step(), 20u);
}

TEST_F(GangLife, ATrainerThatAlwaysDiesFailsTheJobThoughItTakesAFewSteps) {
  StartJob(1, 1, 400);
  for (int life = 0; life < 20 && Job().state() != v1::JOB_STATE_FAILED; ++life) {
    cluster.RoundsUntil([&] {
      return cluster.worker("w0").report.step() >= 3 || Job().state() == v1::JOB_STATE_FAILED;
    });
    cluster.KillTrainer("w0");
    cluster.Rounds(2);
  }
  EXPECT_EQ(Job().state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(Job().generation(), 5u);
  EXPECT_NE(Job().reason().find("5 generations in a row"), std::string::npos) << Job().reason();
}

TEST_F(GangLife, ADamagedCheckpointIsNamedAndNotListedAgain) {
  v1::JobSpec spec = cluster.Spec("heads", 60);
  spec.mutable_checkpoint()->set_every_steps(10);
  cluster.AddWorker("w0");
  cluster.Rounds(2);
  cluster.Submit(spec);
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().checkpoints_size() == 2; }));
  v1::CheckpointReport& report = cluster.worker("w0").checkpoints.emplace_back();
  report.set_job_uid(Job().uid());
  report.set_generation(1);
  *report.mutable_checkpoint() = Job().checkpoints(0);
  report.add_damaged_steps(20);
  cluster.Round();
  ASSERT_EQ(Job().checkpoints_size(), 1);
  EXPECT_NE(Explain().find("The checkpoint of step 20 is damaged"), std::string::npos);
  EXPECT_TRUE(cluster.HasEvent("heads", "CHECKPOINT_DAMAGED"));
  // It is on the disk still, and a member that stopped beyond step 10 has the disk looked at.
  cluster.worker("w0").report.set_state(TrainerReport::STATE_STOPPED);
  cluster.Rounds(3);
  const v1::Job job = Job();
  for (const v1::Checkpoint& one : job.checkpoints()) EXPECT_NE(one.step(), 20u);
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
  EXPECT_EQ(Job().checkpoints().rbegin()->step(), 60u);
}

TEST_F(GangLife, AJobWhoseTrainersKeepDyingFails) {
  StartJob(1);
  for (int i = 0; i < 100 && Job().state() != v1::JOB_STATE_FAILED; ++i) {
    cluster.Beat(cluster.worker("w0"));
    if (!cluster.worker("w0").report.job_uid().empty()) cluster.KillTrainer("w0");
    cluster.clock().Advance(FakeCluster::kRound);
  }
  EXPECT_EQ(Job().state(), v1::JOB_STATE_FAILED);
  EXPECT_NE(Job().reason().find("5 generations in a row"), std::string::npos) << Job().reason();
}

TEST_F(GangLife, AWorkerThatCannotBeginIsPassedOverUntilSomebodyResumes) {
  StartJob(2, 1, 400);
  const auto fail = [&](const std::string& name) {
    FakeWorker& worker = cluster.worker(name);
    if (worker.report.state() != TrainerReport::STATE_FORMING) return;
    worker.report.set_state(TrainerReport::STATE_FAILED);
    worker.report.set_reason("the dataset is not there");
  };
  for (int i = 0; i < 40; ++i) {
    cluster.Beat(cluster.worker("w1"));
    fail("w1");
    cluster.Round();
  }
  EXPECT_EQ(Job().state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(Members(), 1u);
  EXPECT_TRUE(cluster.HasEvent("heads", "WORKER_UNABLE"));
  EXPECT_FALSE(cluster.HasEvent("heads", "FAILED"));
  EXPECT_NE(Explain().find("Worker w1 is not taken: it could not begin: the dataset is not there"),
            std::string::npos)
      << Explain();
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  ASSERT_TRUE(cluster.coordinator().ResumeJob("heads").ok());
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Members() == 2; }));
}

TEST_F(GangLife, AnotherLifeOfAWorkerThatCouldNotBeginMayTryAgain) {
  StartJob(2, 1, 400);
  cluster.Beat(cluster.worker("w1"));
  cluster.worker("w1").report.set_state(TrainerReport::STATE_FAILED);
  ASSERT_TRUE(cluster.ReachesStep("heads", 3));
  EXPECT_EQ(Members(), 1u);
  cluster.RestartAgent("w1");
  EXPECT_TRUE(cluster.RoundsUntil([&] { return Members() == 2; }));
}

TEST_F(GangLife, AJobThatNobodyCanBeginFailsAndNamesThemAll) {
  StartJob(2);
  for (int i = 0; i < 20; ++i) {
    for (const char* name : {"w0", "w1"}) {
      FakeWorker& worker = cluster.worker(name);
      cluster.Beat(worker);
      if (worker.report.state() != TrainerReport::STATE_FORMING) continue;
      worker.report.set_state(TrainerReport::STATE_FAILED);
      worker.report.set_reason("no mount");
    }
    cluster.clock().Advance(FakeCluster::kRound);
  }
  EXPECT_EQ(Job().state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(Job().reason(),
            "worker w0 could not begin: no mount; worker w1 could not begin: no mount");
}

TEST_F(GangLife, MembersThatNeverReachEachOtherFailTheJobByName) {
  StartJob(2);
  for (int i = 0; i < 200 && Job().state() != v1::JOB_STATE_FAILED; ++i) {
    for (const char* name : {"w0", "w1"}) {
      FakeWorker& worker = cluster.worker(name);
      cluster.Beat(worker);
      if (worker.report.state() != TrainerReport::STATE_FORMING) continue;
      worker.report.set_state(TrainerReport::STATE_STOPPED);
      worker.report.add_suspects(worker.name == "w0" ? "w1" : "w0");
    }
    cluster.clock().Advance(FakeCluster::kRound);
  }
  ASSERT_EQ(Job().state(), v1::JOB_STATE_FAILED);
  EXPECT_EQ(Job().generation(), 5u);
  EXPECT_NE(Job().reason().find("w0 could not reach w1 (w1:1)"), std::string::npos)
      << Job().reason();
}

TEST_F(GangLife, PreemptionBeforeAStepNeverFailsTheJob) {
  StartJob(2);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().has_start_time() || Members() == 2; }));
    cluster.Kill("w0");
    cluster.Kill("w1");
    ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_QUEUED));
    cluster.RestartAgent("w0");
    cluster.RestartAgent("w1");
    cluster.Rounds(1);
  }
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, ALateHeartbeatOfTheSameLifeIsRefused) {
  StartJob(1);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  v1::HeartbeatRequest late;
  late.set_name("w0");
  late.set_incarnation("1");
  late.set_sequence(1);
  late.mutable_trainer()->set_state(TrainerReport::STATE_ABSENT);
  EXPECT_EQ(cluster.coordinator().Heartbeat(late).status().code(), StatusCode::kAborted);
  cluster.Rounds(3);
  EXPECT_FALSE(cluster.HasEvent("heads", "WORKER_LOST"));
}

TEST_F(GangLife, CheckpointsThatTheCoordinatorDoesNotSeeStayAsReported) {
  StartJob(1, 1, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  ASSERT_EQ(Job().checkpoints_size(), 1);
  ASSERT_TRUE(cluster.files().RemoveTree("/ckpt").ok());  // the mount goes away
  ASSERT_TRUE(cluster.coordinator().ResumeJob("heads").ok());
  EXPECT_EQ(Job().checkpoints_size(), 1);
  EXPECT_FALSE(cluster.files().IsDirectory("/ckpt/heads"));
  ASSERT_TRUE(cluster.coordinator().CancelJob("heads").ok());
  v1::DeleteJobRequest request;
  request.set_job("heads");
  request.set_delete_checkpoints(true);
  const Status refused = cluster.coordinator().DeleteJob(request);
  EXPECT_EQ(refused.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("does not see the checkpoint directory /ckpt/heads"),
            std::string::npos)
      << refused;
}

TEST_F(GangLife, AnEmptyFolderWhereCheckpointsWereIsNoReasonToForgetThem) {
  StartJob(1, 1, 400);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  ASSERT_TRUE(cluster.coordinator().PauseJob("heads").ok());
  ASSERT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_PAUSED));
  const std::uint64_t step = Job().step();
  ASSERT_TRUE(cluster.files().RemoveTree("/ckpt/heads").ok());
  ASSERT_TRUE(cluster.files().CreateDirectories("/ckpt/heads").ok());
  ASSERT_TRUE(cluster.coordinator().ResumeJob("heads").ok());
  EXPECT_EQ(Job().checkpoints_size(), 1);
  EXPECT_EQ(Job().step(), step);
}

TEST_F(GangLife, AStepBeyondTheEndOfTheJobIsRefused) {
  StartJob(1);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  v1::HeartbeatRequest request;
  request.set_name("w0");
  request.set_incarnation("1");
  *request.mutable_trainer() = cluster.worker("w0").report;
  request.mutable_trainer()->set_step(41);
  EXPECT_EQ(cluster.coordinator().Heartbeat(request).status().code(), StatusCode::kInvalidArgument);
  EXPECT_LT(Job().step(), 40u);
}

TEST_F(GangLife, ScalingDownLetsWorkersGoAtAStepBoundary) {
  StartJob(3);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  v1::ScaleJobRequest request;
  request.set_job("heads");
  request.set_min_workers(1);
  request.set_max_workers(1);
  ASSERT_TRUE(cluster.coordinator().ScaleJob(request).ok());
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Members() == 1; }));
  EXPECT_FALSE(cluster.HasEvent("heads", "WORKER_LOST"));
  EXPECT_TRUE(cluster.Reaches("heads", v1::JOB_STATE_SUCCEEDED));
}

TEST_F(GangLife, WorkersOfAnotherNumericClassAreNotTakenAndExplainSaysSo) {
  StartJob(1);
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.AddWorker("other").numeric_class = "cpu/else";
  cluster.Rounds(10);
  EXPECT_EQ(Members(), 1u);
  EXPECT_NE(Explain().find("Worker other is not taken: it is of numeric class cpu/else"),
            std::string::npos)
      << Explain();
}

TEST_F(GangLife, AFasterWorkerIsGivenMoreSlotsInTheNextGeneration) {
  StartJob(2);
  cluster.worker("w1").slot_seconds = 0.3;
  ASSERT_TRUE(cluster.ReachesStep("heads", 5));
  cluster.worker("w0").report.set_state(TrainerReport::STATE_STOPPED);
  ASSERT_TRUE(cluster.RoundsUntil([&] { return Job().generation() == 2; }));
  EXPECT_EQ(Job().workers(0).slots_size(), 3);
  EXPECT_EQ(Job().workers(1).slots_size(), 1);
}

}  // namespace
}  // namespace gvsl::coordinator
