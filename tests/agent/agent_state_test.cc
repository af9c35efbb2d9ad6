#include "worker/agent/agent_state.h"

#include <gtest/gtest.h>

#include "common/clock.h"

namespace gvsl::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using v1::StopOrder;
using v1::TrainerReport;

constexpr char kPeer[] = "127.0.0.1:7001";

v1::Directive Assign(const std::string& job, std::uint64_t generation,
                     const std::string& peer = kPeer) {
  v1::Directive directive;
  v1::Assignment& assignment = *directive.mutable_assignment();
  assignment.set_job_uid(job);
  assignment.set_generation(generation);
  assignment.add_members()->set_peer_address(peer);
  return directive;
}

v1::Directive WithStop(v1::Directive directive, StopOrder::Mode mode) {
  directive.mutable_stop()->set_generation(directive.assignment().generation());
  directive.mutable_stop()->set_mode(mode);
  return directive;
}

// A state machine with an idle trainer, a fake clock, and shorthands.
class AgentStateTest : public ::testing::Test {
 protected:
  AgentStateTest() {
    EXPECT_TRUE(Decide().start_trainer);
    Begin();
  }
  void Begin() {
    state.TrainerStarted(clock.Now());
    Report(TrainerReport::STATE_IDLE);
  }
  Decision Decide() { return state.Decide(clock.Now()); }
  void Report(TrainerReport::State trainer_state, const std::string& job = "",
              std::uint64_t generation = 0, bool holds_state = false, double slot_seconds = 0) {
    TrainerReport report;
    report.set_state(trainer_state);
    report.set_peer_address(kPeer);
    report.set_job_uid(job);
    report.set_generation(generation);
    report.set_holds_state(holds_state);
    if (holds_state) report.set_step(7);
    if (slot_seconds > 0) report.mutable_progress()->set_slot_seconds(slot_seconds);
    state.TrainerReported(report, clock.Now());
  }
  // The trainer runs generation 1 of job "j".
  void RunJob(double slot_seconds = 0.01) {
    state.DirectiveArrived(Assign("j", 1));
    ASSERT_EQ(Decide().commands.size(), 1U);
    Report(TrainerReport::STATE_RUNNING, "j", 1, true, slot_seconds);
  }

  // A measured step of generation 1.
  void Step(double step_seconds, double slot_seconds = 0.01) {
    TrainerReport report = state.report();
    report.mutable_progress()->set_step_seconds(step_seconds);
    report.mutable_progress()->set_slot_seconds(slot_seconds);
    state.TrainerReported(report, clock.Now());
  }

  FakeClock clock;
  AgentState state;
};

TEST_F(AgentStateTest, AnIdleTrainerGetsTheAssignmentOnce) {
  state.DirectiveArrived(Assign("j", 1));
  const Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_EQ(decision.commands[0].assignment().generation(), 1U);
  state.DirectiveArrived(Assign("j", 1));
  EXPECT_TRUE(Decide().commands.empty());
}

TEST_F(AgentStateTest, ANewGenerationGoesToTheSameTrainer) {
  RunJob();
  state.DirectiveArrived(Assign("j", 2));
  const Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_EQ(decision.commands[0].assignment().generation(), 2U);
}

TEST_F(AgentStateTest, AnOlderGenerationIsIgnored) {
  RunJob();
  state.DirectiveArrived(Assign("j", 2));
  Decide();
  state.DirectiveArrived(Assign("j", 1));
  EXPECT_TRUE(Decide().commands.empty());
}

TEST_F(AgentStateTest, AnAssignmentMadeForAnotherTrainerProcessIsNotGiven) {
  state.DirectiveArrived(Assign("j", 1, "127.0.0.1:9999"));
  EXPECT_TRUE(Decide().commands.empty());
}

TEST_F(AgentStateTest, AGenerationIsNeverGivenToASecondProcess) {
  RunJob();
  state.TrainerDied("signal 9 (Killed)", clock.Now());
  EXPECT_TRUE(Decide().start_trainer);
  Begin();
  EXPECT_TRUE(Decide().commands.empty());
  state.DirectiveArrived(Assign("j", 2));
  EXPECT_EQ(Decide().commands.size(), 1U);
}

TEST_F(AgentStateTest, ADatasetThatGoesAwayIsNewsOnceAndOfARunningTrainerAlone) {
  EXPECT_FALSE(state.DatasetIsAway(true)) << "nothing runs";
  RunJob();
  const auto before = state.news();
  EXPECT_TRUE(state.DatasetIsAway(true));
  EXPECT_FALSE(state.DatasetIsAway(true));
  EXPECT_EQ(state.news(), before + 1);
  Step(0.05);
  EXPECT_TRUE(state.report().dataset_away()) << "the trainer's own reports do not speak of it";
  EXPECT_TRUE(state.DatasetIsAway(false));
  EXPECT_TRUE(state.DatasetIsAway(true));
  Report(TrainerReport::STATE_STOPPED, "j", 1, true);
  EXPECT_FALSE(state.report().dataset_away());
}

TEST_F(AgentStateTest, ADeadTrainerIsReportedAbsentWithTheNextIncarnationAndTheReason) {
  RunJob();
  const std::uint64_t news = state.news();
  state.TrainerDied("signal 9 (Killed)", clock.Now());
  EXPECT_EQ(state.report().state(), TrainerReport::STATE_ABSENT);
  EXPECT_EQ(state.report().incarnation(), 2U);
  EXPECT_EQ(state.report().reason(), "the trainer ended: signal 9 (Killed)");
  EXPECT_GT(state.news(), news);
  EXPECT_EQ(state.deaths(), 1U);
  EXPECT_TRUE(Decide().start_trainer) << "a trainer that had been ready is replaced at once";
}

TEST_F(AgentStateTest, ATrainerThatDiesAtItsStartIsStartedAgainWithGrowingPauses) {
  state.TrainerDied("exit status 1", clock.Now());
  state.TrainerStarted(clock.Now());
  Duration pause{};
  for (int death = 0; death < 8; ++death) {
    state.TrainerDied("exit status 1", clock.Now());
    const Decision decision = Decide();
    EXPECT_FALSE(decision.start_trainer);
    ASSERT_TRUE(decision.wake.has_value());
    EXPECT_GE(*decision.wake - clock.Now(), pause);
    pause = *decision.wake - clock.Now();
    EXPECT_LE(pause, seconds(5));
    clock.Advance(pause);
    EXPECT_TRUE(Decide().start_trainer);
    state.TrainerStarted(clock.Now());
  }
  EXPECT_EQ(pause, seconds(5));
  EXPECT_FALSE(state.hopeless()) << "it had worked once";
}

TEST(AgentState, ATrainerThatNeverComesUpEndsTheAgent) {
  FakeClock clock;
  AgentState state;
  for (int death = 0; death < 5; ++death) {
    EXPECT_FALSE(state.gone());
    state.TrainerStarted(clock.Now());
    state.TrainerDied("exit status 127", clock.Now());
  }
  state.Decide(clock.Now());
  EXPECT_TRUE(state.gone());
  EXPECT_TRUE(state.hopeless());
}

TEST_F(AgentStateTest, StopOrdersAreForwardedOncePerMode) {
  RunJob();
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_AT_STEP_BOUNDARY));
  ASSERT_EQ(Decide().commands.size(), 1U);
  EXPECT_TRUE(Decide().commands.empty());
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  const Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_EQ(decision.commands[0].stop().mode(), StopOrder::MODE_NOW);
}

TEST_F(AgentStateTest, AStoppedTrainerIsNotToldToStop) {
  RunJob();
  Report(TrainerReport::STATE_STOPPED, "j", 1, true);
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  EXPECT_TRUE(Decide().commands.empty());
}

TEST_F(AgentStateTest, AGenerationThatIsAlreadyEndingIsNotBegun) {
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  EXPECT_TRUE(Decide().commands.empty());
}

TEST_F(AgentStateTest, ATrainerThatIgnoresStopNowIsKilledAfterThreeSeconds) {
  RunJob();
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(milliseconds(2999));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(milliseconds(1));
  EXPECT_EQ(Decide().kill_reason, "the trainer did not stop in time");
  EXPECT_TRUE(Decide().kill_reason.empty()) << "once is enough";
  state.TrainerDied("signal 9 (Killed)", clock.Now());
  EXPECT_TRUE(Decide().start_trainer);
}

TEST_F(AgentStateTest, ATrainerWithSlowSlotsIsGivenTheTimeOfAFewSlots) {
  RunJob(/*slot_seconds=*/2);
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  Decide();
  clock.Advance(milliseconds(7900));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(milliseconds(100));
  EXPECT_FALSE(Decide().kill_reason.empty());
}

TEST_F(AgentStateTest, ATrainerThatDoesNotTakeItsAssignmentIsKilled) {
  state.DirectiveArrived(Assign("j", 1));
  Decide();
  clock.Advance(seconds(3));
  EXPECT_EQ(Decide().kill_reason, "the trainer did not take its assignment in time");
}

TEST_F(AgentStateTest, ATrainerThatObeysIsLeftAlone) {
  RunJob();
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  Decide();
  Report(TrainerReport::STATE_STOPPED, "j", 1, true);
  clock.Advance(seconds(100));
  EXPECT_TRUE(Decide().kill_reason.empty());
}

TEST_F(AgentStateTest, ATrainerThatGivesNoSignAfterItsStartIsKilled) {
  state.TrainerDied("exit status 1", clock.Now());
  state.TrainerStarted(clock.Now());
  clock.Advance(seconds(60));
  EXPECT_FALSE(Decide().kill_reason.empty());
}

TEST_F(AgentStateTest, ATrainerThatHangsInItsComputationIsKilled) {
  RunJob();
  Step(/*step_seconds=*/0.1);
  clock.Advance(milliseconds(29900));
  EXPECT_TRUE(Decide().kill_reason.empty());
  state.TrainerActive(v1::ACTIVITY_COMPUTING, clock.Now());
  clock.Advance(seconds(29));
  const Decision decision = Decide();
  EXPECT_TRUE(decision.kill_reason.empty());
  EXPECT_EQ(decision.wake, clock.Now() + seconds(1));
  clock.Advance(seconds(1));
  EXPECT_EQ(Decide().kill_reason, "it gave no sign for 30 s while it computed");
  state.TrainerDied("signal 9 (Killed)", clock.Now());
  EXPECT_EQ(state.report().reason(),
            "the trainer ended: signal 9 (Killed); its agent killed it: it gave no sign for 30 s "
            "while it computed");
}

TEST_F(AgentStateTest, ATrainerThatWaitsForItsPeersIsLeftAlone) {
  RunJob();
  Step(0.1);
  state.TrainerActive(v1::ACTIVITY_WAITING, clock.Now());
  for (int minute = 0; minute < 30; ++minute) {
    clock.Advance(std::chrono::minutes(1));
    const Decision decision = Decide();
    EXPECT_TRUE(decision.kill_reason.empty());
    ASSERT_TRUE(decision.wake.has_value()) << "it may begin to compute meanwhile";
  }
  state.TrainerActive(v1::ACTIVITY_COMPUTING, clock.Now());
  clock.Advance(seconds(30));
  EXPECT_FALSE(Decide().kill_reason.empty());
}

TEST_F(AgentStateTest, ATrainerWithLongStepsIsGivenTwentyOfThem) {
  RunJob();
  Step(10);
  clock.Advance(seconds(199));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(seconds(1));
  EXPECT_FALSE(Decide().kill_reason.empty());
}

TEST_F(AgentStateTest, ATrainerThatWasLeftWithMoreSlotsIsGivenTheTimeForThem) {
  v1::Directive directive = Assign("j", 1);
  for (std::uint32_t slot = 0; slot < 100; ++slot) {
    directive.mutable_assignment()->mutable_members(0)->add_slots(slot);
  }
  state.DirectiveArrived(directive);
  Decide();
  Report(TrainerReport::STATE_RUNNING, "j", 1, true, /*slot_seconds=*/1);
  Step(/*step_seconds=*/1, /*slot_seconds=*/1);
  clock.Advance(seconds(1999));
  EXPECT_TRUE(Decide().kill_reason.empty());
}

TEST_F(AgentStateTest, BeforeItsFirstMeasuredStepATrainerIsGivenAQuarterOfAnHour) {
  RunJob();
  clock.Advance(seconds(899));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(seconds(1));
  EXPECT_EQ(Decide().kill_reason, "it gave no sign for 900 s while it computed");
}

TEST_F(AgentStateTest, HashingALargeShardIsNoHang) {
  RunJob();
  Step(0.1);
  state.TrainerActive(v1::ACTIVITY_READING, clock.Now());
  clock.Advance(seconds(599));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(seconds(1));
  EXPECT_EQ(Decide().kill_reason, "it gave no sign for 600 s while it read samples");
}

TEST_F(AgentStateTest, AHangingCheckpointIsFoundAfterTenMinutes) {
  RunJob();
  Step(0.1);
  state.TrainerActive(v1::ACTIVITY_CHECKPOINTING, clock.Now());
  clock.Advance(seconds(599));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(seconds(1));
  EXPECT_EQ(Decide().kill_reason, "it gave no sign for 600 s while it wrote a checkpoint");
}

TEST_F(AgentStateTest, AnAgentThatStoodStillBlamesNobody) {
  RunJob();
  Step(0.1);
  clock.Advance(std::chrono::minutes(5));
  EXPECT_TRUE(Decide().kill_reason.empty());
  clock.Advance(seconds(30));
  EXPECT_FALSE(Decide().kill_reason.empty());
}

TEST_F(AgentStateTest, ATrainerThatDoesNotEndIsAbandonedAndReplaced) {
  RunJob();
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  Decide();
  clock.Advance(seconds(3));
  ASSERT_FALSE(Decide().kill_reason.empty());
  clock.Advance(milliseconds(900));
  Decision decision = Decide();
  EXPECT_FALSE(decision.abandon_trainer);
  EXPECT_EQ(decision.wake, clock.Now() + milliseconds(100));
  clock.Advance(milliseconds(100));
  decision = Decide();
  EXPECT_TRUE(decision.abandon_trainer);
  EXPECT_TRUE(decision.start_trainer);
  EXPECT_EQ(state.report().state(), TrainerReport::STATE_ABSENT);
  EXPECT_EQ(state.report().incarnation(), 2U);
  EXPECT_NE(state.report().reason().find("it does not end"), std::string::npos);
}

TEST_F(AgentStateTest, LeavingDoesNotWaitForATrainerThatDoesNotEnd) {
  RunJob();
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  Decide();
  clock.Advance(seconds(3));
  ASSERT_FALSE(Decide().kill_reason.empty());
  state.Leave(clock.Now());
  clock.Advance(seconds(1));
  EXPECT_TRUE(Decide().abandon_trainer);
  state.SetDelivered(true);
  Decide();
  EXPECT_TRUE(state.gone());
}

TEST_F(AgentStateTest, AnAnswerWithoutAssignmentEndsTheJobsTrainer) {
  RunJob();
  state.DirectiveArrived({});
  const Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_TRUE(decision.commands[0].has_exit());
  state.TrainerDied("exit status 0", clock.Now());
  EXPECT_EQ(state.deaths(), 0U) << "it was asked to";
  EXPECT_EQ(state.report().reason(), "");
  EXPECT_TRUE(Decide().start_trainer);
}

TEST_F(AgentStateTest, ATrainerThatDoesNotExitIsKilled) {
  RunJob();
  state.DirectiveArrived({});
  Decide();
  clock.Advance(seconds(3));
  EXPECT_EQ(Decide().kill_reason, "the trainer did not exit in time");
}

TEST_F(AgentStateTest, AnIdleTrainerStaysWhenThereIsNoAssignment) {
  state.DirectiveArrived({});
  EXPECT_TRUE(Decide().commands.empty());
}

TEST_F(AgentStateTest, AnotherJobGetsAFreshTrainer) {
  RunJob();
  state.DirectiveArrived(Assign("k", 1));
  Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_TRUE(decision.commands[0].has_exit());
  state.TrainerDied("exit status 0", clock.Now());
  Decide();
  Begin();
  decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_EQ(decision.commands[0].assignment().job_uid(), "k");
}

TEST_F(AgentStateTest, SilenceOfTheCoordinatorChangesNothing) {
  RunJob();
  for (int hour = 0; hour < 10; ++hour) {
    clock.Advance(std::chrono::hours(1));
    state.TrainerActive(v1::ACTIVITY_COMPUTING, clock.Now());
    const Decision decision = Decide();
    EXPECT_TRUE(decision.commands.empty());
    EXPECT_TRUE(decision.kill_reason.empty());
  }
}

TEST_F(AgentStateTest, StepsAloneAreNoNews) {
  RunJob();
  const std::uint64_t news = state.news();
  TrainerReport report = state.report();
  report.set_step(11);
  report.mutable_progress()->set_step(11);
  state.TrainerReported(report, clock.Now());
  EXPECT_EQ(state.news(), news);
  report.add_suspects("w2");
  state.TrainerReported(report, clock.Now());
  EXPECT_GT(state.news(), news);
}

TEST_F(AgentStateTest, LeavingStopsARunningTrainerWithACheckpointAndWaits) {
  RunJob();
  state.Leave(clock.Now());
  Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_EQ(decision.commands[0].stop().mode(), StopOrder::MODE_CHECKPOINT);
  clock.Advance(seconds(10));
  EXPECT_TRUE(Decide().commands.empty());
  EXPECT_FALSE(state.gone());
  state.CheckpointWritten(7);
  Report(TrainerReport::STATE_STOPPED, "j", 1, true);
  EXPECT_TRUE(Decide().commands.empty()) << "the coordinator hears of it first";
  state.SetDelivered(true);
  decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_TRUE(decision.commands[0].has_exit());
  state.TrainerDied("exit status 0", clock.Now());
  Decide();
  EXPECT_TRUE(state.gone());
  EXPECT_TRUE(state.drained());
}

TEST_F(AgentStateTest, LeavingWithoutACoordinatorWaitsForItOnlyAMoment) {
  RunJob();
  state.Leave(clock.Now());
  Decide();
  state.CheckpointWritten(7);
  Report(TrainerReport::STATE_STOPPED, "j", 1, true);
  const Decision decision = Decide();
  ASSERT_TRUE(decision.wake.has_value());
  EXPECT_LE(*decision.wake - clock.Now(), seconds(2));
  clock.Advance(seconds(2));
  ASSERT_EQ(Decide().commands.size(), 1U);
}

TEST_F(AgentStateTest, LeavingPassesOnTheStopOfAGangThatLostAMember) {
  RunJob();
  state.Leave(clock.Now());
  Decide();
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  const Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_EQ(decision.commands[0].stop().mode(), StopOrder::MODE_NOW);
}

TEST_F(AgentStateTest, LeavingAfterALossItFirstSavesWhatItHoldsIfTheCoordinatorAsks) {
  RunJob();
  state.Leave(clock.Now());
  Decide();
  Report(TrainerReport::STATE_STOPPED, "j", 1, true);
  TrainerReport stopped = state.report();
  stopped.add_suspects("w2");
  state.TrainerReported(stopped, clock.Now());
  state.SetDelivered(true);
  for (const auto& command : Decide().commands) EXPECT_FALSE(command.has_exit());
  state.DirectiveArrived(Assign("j", 2));
  Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 2U);
  EXPECT_EQ(decision.commands[0].assignment().generation(), 2U);
  EXPECT_EQ(decision.commands[1].stop().mode(), StopOrder::MODE_CHECKPOINT);
  state.CheckpointWritten(7);
  Report(TrainerReport::STATE_STOPPED, "j", 2, true);
  state.SetDelivered(true);
  decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_TRUE(decision.commands[0].has_exit());
}

TEST_F(AgentStateTest, LeavingAfterALossItGoesWhenTheCoordinatorLetsItGo) {
  RunJob();
  state.Leave(clock.Now());
  Decide();
  state.DirectiveArrived(WithStop(Assign("j", 1), StopOrder::MODE_NOW));
  Decide();
  Report(TrainerReport::STATE_STOPPED, "j", 1, true);
  state.SetDelivered(true);
  EXPECT_TRUE(Decide().commands.empty());
  state.DirectiveArrived({});
  state.SetDelivered(true);
  const Decision decision = Decide();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_TRUE(decision.commands[0].has_exit());
}

TEST_F(AgentStateTest, AnIdleTrainerTakesNoAssignmentOnceItsAgentLeaves) {
  state.Leave(clock.Now());
  state.DirectiveArrived(Assign("j", 1));
  for (const auto& command : Decide().commands) EXPECT_FALSE(command.has_assignment());
}

TEST_F(AgentStateTest, LeavingEndsAtTheDrainTimeoutWhateverTheTrainerDoes) {
  RunJob();
  state.Leave(clock.Now());
  Decide();
  clock.Advance(seconds(25));
  EXPECT_FALSE(Decide().kill_reason.empty());
  EXPECT_TRUE(state.gone());
  EXPECT_FALSE(state.drained());
}

TEST_F(AgentStateTest, ASecondSignalEndsAtOnce) {
  RunJob();
  state.Leave(clock.Now());
  Decide();
  state.LeaveAtOnce();
  EXPECT_FALSE(Decide().kill_reason.empty());
  EXPECT_TRUE(state.gone());
  EXPECT_FALSE(state.drained());
}

TEST_F(AgentStateTest, ASecondSignalToAnIdleWorkerLosesNothing) {
  state.Leave(clock.Now());
  Decide();
  state.LeaveAtOnce();
  Decide();
  EXPECT_TRUE(state.gone());
  EXPECT_TRUE(state.drained());
}

TEST_F(AgentStateTest, ATrainerThatDiesWhileItsAgentLeavesIsNotReplaced) {
  RunJob();
  state.Leave(clock.Now());
  Decide();
  state.TrainerDied("signal 11 (Segmentation fault)", clock.Now());
  state.SetDelivered(true);
  EXPECT_FALSE(Decide().start_trainer);
  EXPECT_TRUE(state.gone());
}

// A member of a static gang.
class GangMemberTest : public AgentStateTest {
 protected:
  GangMemberTest() : member({}, /*static_gang=*/true) {
    member.TrainerStarted(clock.Now());
    ReportOf(TrainerReport::STATE_IDLE);
  }
  void ReportOf(TrainerReport::State trainer_state) {
    TrainerReport report;
    report.set_state(trainer_state);
    report.set_peer_address(kPeer);
    if (trainer_state != TrainerReport::STATE_IDLE) {
      report.set_job_uid("j");
      report.set_generation(1);
    }
    member.TrainerReported(report, clock.Now());
  }
  void Train() {
    member.DirectiveArrived(Assign("j", 1));
    ASSERT_EQ(Next().commands.size(), 1U);
    ReportOf(TrainerReport::STATE_RUNNING);
  }
  Decision Next() { return member.Decide(clock.Now()); }
  void Dismiss(v1::JobState state) {
    v1::Directive directive;
    directive.mutable_dismissal()->set_job_name("heads");
    directive.mutable_dismissal()->set_job_state(state);
    directive.mutable_dismissal()->set_reason("so it was");
    member.DirectiveArrived(directive);
  }

  AgentState member;
};

TEST_F(GangMemberTest, LeavesMpiWithTheOthersAfterSuccessAndEndsWell) {
  Train();
  Dismiss(v1::JOB_STATE_SUCCEEDED);
  const Decision decision = Next();
  ASSERT_EQ(decision.commands.size(), 1U);
  EXPECT_TRUE(decision.commands[0].exit().together());
  EXPECT_TRUE(Next().commands.empty());
  clock.Advance(seconds(19));  // the others may be slow
  EXPECT_TRUE(Next().kill_reason.empty());
  member.TrainerDied("exit status 0", clock.Now());
  EXPECT_FALSE(Next().start_trainer);
  EXPECT_TRUE(member.gone());
  EXPECT_TRUE(member.GangEnd().ok());
}

TEST_F(GangMemberTest, EndsWithTheStateOfItsJob) {
  for (const auto& [state, code] : {std::pair(v1::JOB_STATE_FAILED, StatusCode::kAborted),
                                    std::pair(v1::JOB_STATE_CANCELLED, StatusCode::kAborted),
                                    std::pair(v1::JOB_STATE_PAUSED, StatusCode::kAborted),
                                    std::pair(v1::JOB_STATE_QUEUED, StatusCode::kUnavailable)}) {
    Dismiss(state);
    EXPECT_EQ(member.GangEnd().code(), code);
    EXPECT_NE(member.GangEnd().message().find("so it was"), std::string::npos);
  }
  const Decision decision = Next();
  ASSERT_EQ(decision.commands.size(), 1U) << "also one that never had an assignment";
  EXPECT_FALSE(decision.commands[0].exit().together());
}

TEST_F(GangMemberTest, StartsNoSecondTrainerAndTellsTheCoordinatorWhy) {
  Train();
  member.SetDelivered(false);
  member.TrainerDied("signal 9 (Killed)", clock.Now());
  EXPECT_FALSE(Next().start_trainer);
  EXPECT_FALSE(member.gone());
  EXPECT_EQ(member.report().reason(), "the trainer ended: signal 9 (Killed)");
  member.SetDelivered(true);
  EXPECT_FALSE(Next().start_trainer);
  EXPECT_TRUE(member.gone());
  EXPECT_EQ(member.GangEnd().code(), StatusCode::kUnavailable);
  EXPECT_EQ(member.GangEnd().message(), "the trainer ended: signal 9 (Killed)");
}

TEST_F(GangMemberTest, DoesNotWaitForACoordinatorThatIsAway) {
  Train();
  member.SetDelivered(false);
  member.TrainerDied("signal 9 (Killed)", clock.Now());
  Next();
  clock.Advance(seconds(3));
  Next();
  EXPECT_TRUE(member.gone());
}

TEST_F(GangMemberTest, EndsWhenItsJobIsTakenAwayWithoutAWord) {
  Train();
  member.DirectiveArrived({});
  ASSERT_EQ(Next().commands.size(), 1U);
  member.TrainerDied("exit status 0", clock.Now());
  Next();
  EXPECT_TRUE(member.gone());
  EXPECT_EQ(member.GangEnd().code(), StatusCode::kUnavailable);
}

TEST_F(GangMemberTest, ThatWasToldToLeaveDoesNotEndWell) {
  Train();
  member.Leave(clock.Now());
  ASSERT_EQ(Next().commands.size(), 1U);
  ReportOf(TrainerReport::STATE_STOPPED);
  member.SetDelivered(true);
  ASSERT_EQ(Next().commands.size(), 1U);
  member.TrainerDied("exit status 0", clock.Now());
  Next();
  EXPECT_TRUE(member.gone());
  EXPECT_EQ(member.GangEnd().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace gvsl::agent
