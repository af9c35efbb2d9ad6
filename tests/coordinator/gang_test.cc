// The rules of one decision, where a whole cluster would not come to the point by itself.
#include "coordinator/gang.h"

#include <gtest/gtest.h>

namespace gvsl::coordinator {
namespace {

using v1::Gang;
using v1::StopOrder;
using v1::TrainerReport;
using Verdict = GangDecision::Verdict;

class GangMachine : public testing::Test {
 protected:
  GangMachine() {
    job.mutable_job()->set_uid("u");
    job.mutable_job()->set_steps(100);
    job.mutable_job()->set_generation(2);
    job.mutable_job()->mutable_spec()->set_slots(4);
    job.mutable_job()->mutable_spec()->mutable_workers()->set_min(1);
    job.mutable_job()->mutable_spec()->mutable_workers()->set_max(4);
    Gang& gang = *job.mutable_gang();
    gang.set_generation(2);
    gang.set_phase(Gang::PHASE_RUNNING);
    for (const char* name : {"a", "b"}) {
      v1::GangSeat& seat = *gang.add_seats();
      seat.mutable_member()->set_name(name);
      seat.mutable_member()->add_slots(gang.seats_size() - 1);
      seat.set_incarnation("1");
      seat.set_trainer_incarnation(1);
      WorkerView& worker = workers[name];
      worker.name = name;
      worker.incarnation = "1";
      worker.reported = true;
      worker.last_heartbeat = clock.Now();
      Report(name, TrainerReport::STATE_RUNNING, 2, 10);
    }
  }
  TrainerReport& Report(const std::string& name, TrainerReport::State state,
                        std::uint64_t generation, std::uint64_t step) {
    TrainerReport& report = workers[name].report;
    report.set_state(state);
    report.set_job_uid("u");
    report.set_generation(generation);
    report.set_holds_state(step > 0);
    report.set_step(step);
    report.set_incarnation(1);
    return report;
  }
  GangDecision Decide() {
    GangDecision decision =
        AdvanceGang(clock.Now(), job, memory, workers, adopt_until, GangOptions{});
    *job.mutable_gang() = decision.gang;
    memory = decision.memory;
    return decision;
  }
  void Stopping(StopOrder::Mode mode) {
    job.mutable_gang()->set_phase(Gang::PHASE_STOPPING);
    job.mutable_gang()->set_stop_mode(mode);
  }

  FakeClock clock;
  v1::StoredJob job;
  GangMemory memory;
  WorkerViews workers;
  TimePoint adopt_until;
};

TEST_F(GangMachine, NothingChangesWhileAllMembersTrain) {
  const std::string before = job.gang().SerializeAsString();
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.verdict, Verdict::kStay);
  EXPECT_EQ(decision.gang.SerializeAsString(), before);
  EXPECT_TRUE(decision.events.empty());
}

TEST_F(GangMachine, ALostMemberIsNamedOnceWithTheReason) {
  workers.erase("b");
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.gang.phase(), Gang::PHASE_STOPPING);
  EXPECT_EQ(decision.gang.stop_mode(), StopOrder::MODE_NOW);
  ASSERT_EQ(decision.events.size(), 1u);
  EXPECT_EQ(decision.events[0].worker(), "b");
  EXPECT_EQ(decision.events[0].message(), "worker b was lost: its lease ran out");
  EXPECT_TRUE(Decide().events.empty());
}

TEST_F(GangMachine, AMemberThatWasNotHeardOfYetIsNotLostBeforeItsTime) {
  workers.erase("b");
  adopt_until = clock.Now() + std::chrono::milliseconds(100);
  EXPECT_EQ(Decide().gang.phase(), Gang::PHASE_RUNNING);
  clock.Advance(std::chrono::milliseconds(100));
  EXPECT_EQ(Decide().gang.phase(), Gang::PHASE_STOPPING);
}

TEST_F(GangMachine, AMemberThatHasNotTakenUpTheStopMayStillBeginTheGeneration) {
  Stopping(StopOrder::MODE_NOW);
  Report("a", TrainerReport::STATE_STOPPED, 2, 10);
  Report("b", TrainerReport::STATE_STOPPED, 1, 9);
  EXPECT_EQ(Decide().verdict, Verdict::kStay);
  workers["b"].holds_directive = true;
  EXPECT_EQ(Decide().verdict, Verdict::kReform);
}

TEST_F(GangMachine, AnIdleMemberOfAStoppedGenerationNeedsNoStopping) {
  Stopping(StopOrder::MODE_NOW);
  Report("a", TrainerReport::STATE_STOPPED, 2, 10);
  workers["b"].report.Clear();
  workers["b"].report.set_state(TrainerReport::STATE_IDLE);
  workers["b"].report.set_incarnation(1);
  EXPECT_EQ(Decide().verdict, Verdict::kReform);
}

TEST_F(GangMachine, ALossWhileStoppingAtABoundaryMakesItAStopAtOnce) {
  Stopping(StopOrder::MODE_CHECKPOINT);
  workers["b"].report.set_state(TrainerReport::STATE_ABSENT);
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.gang.stop_mode(), StopOrder::MODE_NOW);
  EXPECT_TRUE(decision.gang.trainer_died());
}

TEST_F(GangMachine, ALeaverIsCheckpointedAndLetGoAtOnceWhereThereIsNothingToLose) {
  workers["b"].leaving = true;
  EXPECT_EQ(Decide().gang.stop_mode(), StopOrder::MODE_CHECKPOINT);
  job.mutable_gang()->set_phase(Gang::PHASE_FORMING);
  for (const char* name : {"a", "b"}) Report(name, TrainerReport::STATE_FORMING, 2, 10);
  EXPECT_EQ(Decide().gang.phase(), Gang::PHASE_FORMING) << "step 10 is on no disk";
  job.mutable_job()->add_checkpoints()->set_step(10);
  EXPECT_EQ(Decide().gang.stop_mode(), StopOrder::MODE_NOW);
}

TEST_F(GangMachine, ALeaverThatHasGoneIsNotALoss) {
  workers["b"].leaving = true;
  Decide();
  Report("a", TrainerReport::STATE_STOPPED, 2, 11);
  workers.erase("b");
  const GangDecision decision = Decide();
  ASSERT_EQ(decision.events.size(), 1u);
  EXPECT_EQ(decision.events[0].type(), "WORKER_LEFT");
}

TEST_F(GangMachine, AStopWithACheckpointWaitsForItsReportButNotForEver) {
  job.set_wish(v1::StoredJob::WISH_PAUSE);
  Stopping(StopOrder::MODE_CHECKPOINT);
  job.mutable_gang()->set_stops_for_pause(true);
  for (const char* name : {"a", "b"}) Report(name, TrainerReport::STATE_STOPPED, 2, 11);
  EXPECT_EQ(Decide().verdict, Verdict::kStay);
  clock.Advance(std::chrono::seconds(3));
  const GangDecision late = Decide();
  EXPECT_EQ(late.verdict, Verdict::kPaused);
  EXPECT_NE(late.sentence.find("without a new checkpoint"), std::string::npos);
  job.mutable_job()->add_checkpoints()->set_step(11);
  EXPECT_EQ(Decide().sentence, "paused; it goes on from the checkpoint of step 11");
}

TEST_F(GangMachine, APauseWhoseCheckpointFailedSaysWhy) {
  job.set_wish(v1::StoredJob::WISH_PAUSE);
  job.set_checkpoint_error("No space left on device");
  Stopping(StopOrder::MODE_CHECKPOINT);
  job.mutable_gang()->set_stops_for_pause(true);
  for (const char* name : {"a", "b"}) Report(name, TrainerReport::STATE_STOPPED, 2, 11);
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.verdict, Verdict::kPaused);
  EXPECT_NE(decision.sentence.find("No space left on device"), std::string::npos);
}

TEST_F(GangMachine, TheJobHasSucceededOnlyWhenItsLastCheckpointIsListed) {
  Report("a", TrainerReport::STATE_FINISHED, 2, 100);
  EXPECT_EQ(Decide().verdict, Verdict::kStay);
  job.mutable_job()->add_checkpoints()->set_step(100);
  EXPECT_EQ(Decide().verdict, Verdict::kSucceeded);
}

TEST_F(GangMachine, TheLastCheckpointIsWaitedForAsLongAsItsWriterLives) {
  Report("a", TrainerReport::STATE_FINISHED, 2, 100);
  Report("b", TrainerReport::STATE_FINISHED, 2, 100);
  EXPECT_EQ(Decide().verdict, Verdict::kStay);
  clock.Advance(std::chrono::hours(1));
  workers.erase("b");
  EXPECT_EQ(Decide().verdict, Verdict::kStay);
  EXPECT_EQ(job.gang().phase(), Gang::PHASE_RUNNING);
}

TEST_F(GangMachine, WhenTheWriterOfTheLastCheckpointDiesASurvivorHasToWriteIt) {
  Report("a", TrainerReport::STATE_FINISHED, 2, 100);
  Report("b", TrainerReport::STATE_FINISHED, 2, 100);
  Decide();
  workers.erase("a");
  Decide();
  EXPECT_EQ(Decide().verdict, Verdict::kReform);
  job.mutable_job()->add_checkpoints()->set_step(100);
  EXPECT_EQ(Decide().verdict, Verdict::kSucceeded) << "it is listed, whoever is left";
}

TEST_F(GangMachine, ATaskWhoseWriterIsGoneIsMeasuredBySomebodyElseBeforeItHasSucceeded) {
  job.mutable_job()->mutable_spec()->set_task(v1::TASK_SEGMENT);
  job.mutable_job()->add_checkpoints()->set_step(100);
  Report("b", TrainerReport::STATE_FINISHED, 2, 100);
  workers.erase("a");
  Decide();
  EXPECT_EQ(Decide().verdict, Verdict::kReform);
  (*job.mutable_job()->mutable_result())["dsc_mean"] = 0.8;
  EXPECT_EQ(Decide().verdict, Verdict::kSucceeded);
}

TEST_F(GangMachine, AMemberOtherThanRank0ThatHasFinishedDoesNotEndTheJob) {
  job.mutable_job()->add_checkpoints()->set_step(100);
  Report("b", TrainerReport::STATE_FINISHED, 2, 100);
  EXPECT_EQ(Decide().verdict, Verdict::kStay);
}

TEST_F(GangMachine, AMemberThatCouldNotBeginLosesItsSeatAndIsNamed) {
  job.mutable_gang()->set_phase(Gang::PHASE_FORMING);
  Report("b", TrainerReport::STATE_FAILED, 2, 0).set_reason("no such directory");
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.verdict, Verdict::kStay);
  EXPECT_TRUE(decision.gang.seats(1).lost());
  ASSERT_EQ(decision.unable.size(), 1u);
  EXPECT_EQ(decision.unable[0].name(), "b");
  EXPECT_EQ(decision.unable[0].incarnation(), "1");
  ASSERT_EQ(decision.events.size(), 1u);
  EXPECT_EQ(decision.events[0].type(), "WORKER_UNABLE");
  EXPECT_EQ(decision.events[0].message(), "worker b could not begin: no such directory");
  EXPECT_TRUE(Decide().unable.empty());
}

TEST_F(GangMachine, AMemberThatHadBegunFailsTheJob) {
  TrainerReport& report = Report("b", TrainerReport::STATE_FAILED, 2, 10);
  report.set_began(true);
  report.set_reason("the loss is not finite");
  EXPECT_EQ(Decide().verdict, Verdict::kFailed);
}

TEST_F(GangMachine, AMemberThatHadBegunButWhoseTroubleIsItsOwnLosesItsSeat) {
  TrainerReport& report = Report("b", TrainerReport::STATE_FAILED, 2, 10);
  report.set_began(true);
  report.set_own_trouble(true);
  report.set_reason("no memory");
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.verdict, Verdict::kStay);
  ASSERT_EQ(decision.unable.size(), 1u);
  EXPECT_EQ(decision.unable[0].reason(), "could not go on: no memory");
  EXPECT_EQ(decision.events[0].message(), "worker b could not go on: no memory");
}

TEST_F(GangMachine, APauseAfterAnotherStopWithACheckpointHasAnAttemptOfItsOwn) {
  job.set_checkpoint_error("No space left on device");
  Stopping(StopOrder::MODE_CHECKPOINT);  // for a worker that left
  job.set_wish(v1::StoredJob::WISH_PAUSE);
  for (const char* name : {"a", "b"}) Report(name, TrainerReport::STATE_STOPPED, 2, 11);
  EXPECT_EQ(Decide().verdict, Verdict::kSave);
}

TEST_F(GangMachine, ALeaverThatHoldsMoreThanThoseWhoStayIsNotLeftOutBeforeItIsSaved) {
  Stopping(StopOrder::MODE_NOW);
  workers["a"].leaving = true;
  Report("a", TrainerReport::STATE_STOPPED, 2, 10);
  Report("b", TrainerReport::STATE_STOPPED, 2, 0);
  EXPECT_EQ(Decide().verdict, Verdict::kSave);
  Report("b", TrainerReport::STATE_STOPPED, 2, 10);
  EXPECT_EQ(Decide().verdict, Verdict::kReform);
  Report("b", TrainerReport::STATE_STOPPED, 2, 0);
  job.mutable_job()->add_checkpoints()->set_step(10);
  EXPECT_EQ(Decide().verdict, Verdict::kReform);
}

TEST_F(GangMachine, MembersThatStopByThemselvesNameWhomTheyCouldNotReach) {
  job.mutable_gang()->mutable_seats(1)->mutable_member()->set_peer_address("10.0.0.2:7");
  Report("a", TrainerReport::STATE_STOPPED, 2, 10).add_suspects("b");
  EXPECT_EQ(Decide().gang.unreached(), "a could not reach b (10.0.0.2:7)");
  workers.erase("b");
  EXPECT_EQ(Decide().gang.unreached(), "") << "its agent was lost: nobody could have reached it";
}

TEST_F(GangMachine, AMemberThatStopsForAReasonOfItsOwnCouldReachEverybody) {
  Report("a", TrainerReport::STATE_STOPPED, 2, 10).set_reason("the checkpoints cannot be read now");
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.gang.unreached(), "") << "an outage of the disk may pass: it does not count";
  EXPECT_NE(decision.gang.stop_cause().find("cannot be read now"), std::string::npos);
}

TEST_F(GangMachine, AMissedMemberIsWaitedForUntilItSpeaksOrIsLost) {
  Stopping(StopOrder::MODE_NOW);
  Report("a", TrainerReport::STATE_STOPPED, 2, 10).add_suspects("b");
  workers["b"].report.Clear();
  workers["b"].report.set_state(TrainerReport::STATE_IDLE);
  workers["b"].report.set_incarnation(1);
  EXPECT_EQ(Decide().verdict, Verdict::kStay);
  clock.Advance(std::chrono::milliseconds(100));
  workers["b"].last_heartbeat = clock.Now();
  EXPECT_EQ(Decide().verdict, Verdict::kReform);
}

TEST_F(GangMachine, AnAccusationOfSomebodyElseIsNotRemembered) {
  Report("a", TrainerReport::STATE_RUNNING, 2, 10).add_suspects("nobody");
  EXPECT_TRUE(Decide().memory.accused_at.empty());
}

TEST_F(GangMachine, APauseOfAFormingGangThatHasNothingToLoseIsObeyedAtOnce) {
  job.set_wish(v1::StoredJob::WISH_PAUSE);
  job.mutable_gang()->set_phase(Gang::PHASE_FORMING);
  for (const char* name : {"a", "b"}) Report(name, TrainerReport::STATE_FORMING, 2, 0);
  EXPECT_EQ(Decide().gang.stop_mode(), StopOrder::MODE_NOW);
  for (const char* name : {"a", "b"}) Report(name, TrainerReport::STATE_STOPPED, 2, 0);
  const GangDecision decision = Decide();
  EXPECT_EQ(decision.verdict, Verdict::kPaused);
  EXPECT_EQ(decision.sentence, "paused before its first step");
}

TEST_F(GangMachine, APauseIsNotStarvedByAGangThatBreaksBeforeItsFirstStep) {
  job.set_wish(v1::StoredJob::WISH_PAUSE);
  job.mutable_job()->set_step(10);
  job.set_formed_at_step(10);
  Report("a", TrainerReport::STATE_STOPPED, 2, 10).add_suspects("b");
  Report("b", TrainerReport::STATE_STOPPED, 2, 10).add_suspects("a");
  Decide();
  EXPECT_EQ(Decide().verdict, Verdict::kPaused);
}

TEST_F(GangMachine, ASurvivorBehindTheNewestCheckpointIsNotTheSource) {
  job.mutable_job()->add_checkpoints()->set_step(20);
  Report("a", TrainerReport::STATE_STOPPED, 2, 19);
  WorkerView& idle = workers["c"];
  idle.name = "c";
  idle.report.set_state(TrainerReport::STATE_IDLE);
  EXPECT_EQ(FormGang(job, {"a"}, {"c"}, 4, workers).source_rank(), 1u);
  Report("a", TrainerReport::STATE_STOPPED, 2, 20);
  EXPECT_EQ(FormGang(job, {"a"}, {"c"}, 4, workers).source_rank(), 0u);
}

TEST_F(GangMachine, TheSourceOfTheNextGenerationHoldsTheHighestStep) {
  Report("a", TrainerReport::STATE_STOPPED, 2, 10);
  Report("b", TrainerReport::STATE_STOPPED, 2, 11);
  const Gang gang = FormGang(job, {"a", "b"}, {}, 4, workers);
  EXPECT_EQ(gang.generation(), 3u);
  EXPECT_EQ(gang.source_rank(), 1u);
  EXPECT_EQ(gang.seats(0).member().held_step(), 10u);
  const Gang smaller = FormGang(job, {"a", "b"}, {}, 1, workers);
  ASSERT_EQ(smaller.seats_size(), 1);
  EXPECT_EQ(smaller.seats(0).member().name(), "b");
}

TEST_F(GangMachine, AMemberIsToldTheNewestCheckpointOfTheTimeWhenItsGangWasFormed) {
  job.mutable_job()->add_checkpoints()->set_step(11);
  *job.mutable_gang() = FormGang(job, {"a", "b"}, {}, 4, workers);
  EXPECT_EQ(DirectiveFor(job, workers["a"]).assignment().checkpoint_step(), 11u);
  job.mutable_job()->add_checkpoints()->set_step(20);
  EXPECT_EQ(DirectiveFor(job, workers["a"]).assignment().checkpoint_step(), 11u)
      << "a checkpoint is no news for those who train";
}

}  // namespace
}  // namespace gvsl::coordinator
