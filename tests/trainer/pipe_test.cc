// The trainer's end of the pipe to its agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "worker/collective/local_communicator.h"
#include "worker/trainer/pipe_commands.h"
#include "worker/trainer/pipe_messages.h"
#include "worker/trainer/pipe_reports.h"

namespace gvsl::trainer {
namespace {

using ::testing::ElementsAre;

v1::Assignment TestAssignment(std::uint64_t generation) {
  v1::Assignment assignment;
  assignment.set_job_uid("uid-1");
  assignment.set_job_name("heads");
  assignment.set_generation(generation);
  assignment.set_dataset_sha256("d5");
  assignment.set_threads(3);
  assignment.set_rank(1);
  assignment.set_source_rank(1);
  assignment.set_checkpoint_step(70);
  v1::JobSpec& spec = *assignment.mutable_spec();
  spec.set_method(v1::METHOD_GVSL_NO_AFFINE);
  spec.mutable_model()->set_width(16);
  for (const int size : {8, 9, 10}) spec.add_patch(size);
  spec.set_steps(77);
  spec.set_slots(3);
  spec.set_batch_per_slot(2);
  spec.set_seed(5);
  spec.set_dataset("/data/heads");
  spec.mutable_optimizer()->set_lr(0.5);
  spec.mutable_optimizer()->add_betas(0.8);
  spec.mutable_optimizer()->add_betas(0.99);
  spec.mutable_optimizer()->set_clip_norm(2);
  spec.mutable_schedule()->set_warmup_steps(11);
  spec.mutable_checkpoint()->set_directory("/ckpt/heads");
  spec.mutable_checkpoint()->set_every_steps(7);
  spec.mutable_checkpoint()->set_keep_last(2);
  spec.mutable_checkpoint()->set_keep_every(70);
  v1::Member& first = *assignment.add_members();
  first.set_name("one");
  first.set_peer_address("127.0.0.1:1");
  first.add_slots(0);
  first.add_slots(2);
  v1::Member& second = *assignment.add_members();
  second.set_name("two");
  second.add_slots(1);
  second.set_held_step(0);
  return assignment;
}

TEST(PipeMessages, AnAssignmentBecomesAJobPlan) {
  const JobPlan job = JobPlanOf(TestAssignment(4));
  EXPECT_EQ(job.uid, "uid-1");
  EXPECT_EQ(job.name, "heads");
  EXPECT_EQ(job.method, "gvsl-no-affine");
  EXPECT_EQ(job.width, 16u);
  EXPECT_THAT(job.patch, ElementsAre(8, 9, 10));
  EXPECT_EQ(job.steps, 77u);
  EXPECT_EQ(job.slots, 3u);
  EXPECT_EQ(job.batch_per_slot, 2u);
  EXPECT_EQ(job.threads, 3u);
  EXPECT_EQ(job.optimizer.learning_rate, 0.5);
  EXPECT_EQ(job.optimizer.beta1, 0.8);
  EXPECT_EQ(job.optimizer.beta2, 0.99);
  EXPECT_EQ(job.optimizer.clip_norm, 2);
  EXPECT_EQ(job.optimizer.warmup_steps, 11u);
  EXPECT_EQ(job.checkpoint.directory, "/ckpt/heads");
  EXPECT_EQ(job.checkpoint.every_steps, 7u);
  EXPECT_EQ(job.checkpoint.keep_last, 2u);
  EXPECT_EQ(job.checkpoint.keep_every, 70u);
}

TEST(PipeMessages, AnAssignmentBecomesAGangPlanThatKnowsStepZeroFromNoState) {
  const GangPlan gang = GangPlanOf(TestAssignment(4));
  EXPECT_EQ(gang.generation, 4u);
  EXPECT_EQ(gang.rank, 1);
  EXPECT_EQ(gang.source_rank, 1);
  EXPECT_EQ(gang.checkpoint_step, 70u);
  ASSERT_EQ(gang.members.size(), 2u);
  EXPECT_THAT(gang.members[0].slots, ElementsAre(0, 2));
  EXPECT_FALSE(gang.members[0].held_step.has_value());
  EXPECT_EQ(gang.members[1].held_step, 0u);
}

TEST(PipeMessages, ACheckpointThatFailedCarriesItsReason) {
  CheckpointOutcome outcome;
  outcome.step = 7;
  outcome.status = ResourceExhaustedError("No space left on device");
  const auto message = MessageOf(outcome, "uid-1", 4);
  EXPECT_EQ(message.error(), "No space left on device");
  EXPECT_EQ(message.checkpoint().step(), 7u);
}

TEST(PipeMessages, ACheckpointCarriesHashSizeAndTime) {
  CheckpointOutcome outcome;
  outcome.step = 7;
  outcome.manifest.files["model.safetensors"] = {100, "abcd"};
  outcome.manifest.files["optimizer.safetensors"] = {200, "ef"};
  outcome.manifest.time = "1970-01-01T00:01:01Z";
  outcome.removed_steps = {1, 2};
  const auto message = MessageOf(outcome, "uid-1", 4);
  EXPECT_EQ(message.error(), "");
  EXPECT_EQ(message.checkpoint().weights_sha256(), "abcd");
  EXPECT_EQ(message.checkpoint().bytes(), 300u);
  EXPECT_EQ(message.checkpoint().time().seconds(), 61);
  EXPECT_EQ(message.removed_steps_size(), 2);
}

class PipeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto ends = MakeMessagePipePair();
    ASSERT_TRUE(ends.ok());
    agent_ = std::make_unique<MessagePipe>(ends->first);
    trainer_ = std::make_unique<MessagePipe>(ends->second);
  }
  void Command(const v1::TrainerCommand& command) {
    ASSERT_TRUE(agent_->Send(command.SerializeAsString()).ok());
  }
  void Assign(std::uint64_t generation) {
    v1::TrainerCommand command;
    *command.mutable_assignment() = TestAssignment(generation);
    Command(command);
  }
  void Stop(std::uint64_t generation, v1::StopOrder::Mode mode) {
    v1::TrainerCommand command;
    command.mutable_stop()->set_generation(generation);
    command.mutable_stop()->set_mode(mode);
    Command(command);
  }
  void Exit() {
    v1::TrainerCommand command;
    command.mutable_exit();
    Command(command);
  }
  v1::TrainerEvent Event() {
    v1::TrainerEvent event;
    event.ParseFromString(*agent_->Receive());
    return event;
  }

  std::unique_ptr<MessagePipe> agent_, trainer_;
};

TEST_F(PipeTest, AStopReachesTheGenerationThatItNames) {
  PipeCommands commands(*trainer_);
  Assign(4);
  Stop(3, v1::StopOrder::MODE_NOW);
  Stop(4, v1::StopOrder::MODE_CHECKPOINT);
  Exit();
  EXPECT_TRUE(commands.Receive().ok());
  const auto order = commands.Next();
  EXPECT_EQ(order->assignment().generation(), 4u);
  EXPECT_EQ(order->stop_flag().vote(), StopVote::kCheckpoint);
  EXPECT_FALSE(order->stop_token().stop_requested());
}

TEST_F(PipeTest, ANewAssignmentStopsTheOneThatRunsAtOnce) {
  PipeCommands commands(*trainer_);
  std::thread receiver([&] { (void)commands.Receive(); });
  Assign(4);
  const auto running = commands.Next();
  auto communicators = collective::MakeLocalCommunicators(2);
  running->SetCommunicator(communicators[0].get());
  std::thread assigner([&] { Assign(5); });
  EXPECT_EQ(communicators[0]->Barrier().code(), StatusCode::kAborted);
  assigner.join();
  const auto next = commands.Next();
  EXPECT_EQ(next->assignment().generation(), 5u);
  EXPECT_EQ(running->stop_flag().vote(), StopVote::kNow);
  EXPECT_TRUE(running->stop_token().stop_requested());
  EXPECT_EQ(next->stop_flag().vote(), StopVote::kNone);
  running->SetCommunicator(nullptr);
  agent_->Shutdown();
  receiver.join();
}

TEST_F(PipeTest, AStopThatCameBeforeTheCommunicatorAbortsIt) {
  Order order(TestAssignment(4));
  order.Stop(StopVote::kNow);
  auto communicators = collective::MakeLocalCommunicators(2);
  order.SetCommunicator(communicators[0].get());
  EXPECT_EQ(communicators[1]->Barrier().code(), StatusCode::kAborted);
  order.SetCommunicator(nullptr);
}

TEST_F(PipeTest, TheEndOfThePipeIsSaid) {
  PipeCommands commands(*trainer_);
  agent_.reset();
  EXPECT_EQ(commands.Receive().code(), StatusCode::kOutOfRange);
}

TEST_F(PipeTest, ReportsCarryTheStateAndWhatIsHeld) {
  FakeClock clock;
  PipeReports reports(*trainer_, clock);
  reports.SendNumericClass("cpu/test");
  reports.Idle("127.0.0.1:77");
  EXPECT_EQ(Event().numeric_class().name(), "cpu/test");
  EXPECT_EQ(Event().report().peer_address(), "127.0.0.1:77");
  const v1::Assignment assignment = TestAssignment(4);
  reports.Forming(JobPlanOf(assignment), GangPlanOf(assignment), std::nullopt);
  const auto forming = Event().report();
  EXPECT_EQ(forming.state(), v1::TrainerReport::STATE_FORMING);
  EXPECT_EQ(forming.generation(), 4u);
  EXPECT_FALSE(forming.holds_state());
  EXPECT_EQ(forming.peer_address(), "127.0.0.1:77");
  reports.OnRunning(0);
  EXPECT_TRUE(Event().report().holds_state());
  reports.Ended(v1::TrainerReport::STATE_STOPPED, 12, "the gang is broken", {"two"});
  const auto ended = Event().report();
  EXPECT_EQ(ended.step(), 12u);
  EXPECT_THAT(ended.suspects(), ElementsAre("two"));
  reports.Forming(JobPlanOf(assignment), GangPlanOf(assignment), 12);
  EXPECT_EQ(Event().report().suspects_size(), 0);
}

TEST_F(PipeTest, AFailureSaysWhetherTheGenerationHadBegunAndWhoseTroubleItIs) {
  FakeClock clock;
  PipeReports reports(*trainer_, clock);
  const v1::Assignment assignment = TestAssignment(4);
  reports.Forming(JobPlanOf(assignment), GangPlanOf(assignment), std::nullopt);
  reports.Failed(std::nullopt, "no such directory", /*own_trouble=*/true);
  EXPECT_FALSE(Event().report().began());
  v1::TrainerReport report = Event().report();
  EXPECT_EQ(report.state(), v1::TrainerReport::STATE_FAILED);
  EXPECT_FALSE(report.began());
  EXPECT_TRUE(report.own_trouble());
  reports.OnRunning(0);
  reports.Failed(0, "the loss is not finite", /*own_trouble=*/false);
  EXPECT_TRUE(Event().report().began());
  report = Event().report();
  EXPECT_TRUE(report.began());
  EXPECT_FALSE(report.own_trouble());
  reports.Failed(0, "no memory", /*own_trouble=*/true);
  EXPECT_TRUE(Event().report().own_trouble());
  reports.Forming(JobPlanOf(assignment), GangPlanOf(assignment), std::nullopt);
  report = Event().report();
  EXPECT_FALSE(report.began());
  EXPECT_FALSE(report.own_trouble());
}

TEST_F(PipeTest, TheAgentHearsOfWaitingAndOfCheckpoints) {
  FakeClock clock;
  PipeReports reports(*trainer_, clock);
  for (const Activity activity :
       {Activity::kWaiting, Activity::kComputing, Activity::kReading, Activity::kCheckpointing}) {
    reports.OnActivity(activity);
  }
  EXPECT_EQ(Event().activity(), v1::ACTIVITY_WAITING);
  EXPECT_EQ(Event().activity(), v1::ACTIVITY_COMPUTING);
  EXPECT_EQ(Event().activity(), v1::ACTIVITY_READING);
  EXPECT_EQ(Event().activity(), v1::ACTIVITY_CHECKPOINTING);
}

TEST_F(PipeTest, ProgressIsSentTenTimesASecondAndTheLastOneAlways) {
  FakeClock clock;
  PipeReports reports(*trainer_, clock);
  reports.OnRunning(0);
  EXPECT_EQ(Event().report().progress().step(), 0u);
  for (std::uint64_t step = 1; step <= 12; ++step) {
    clock.Advance(std::chrono::milliseconds(20));
    StepProgress progress;
    progress.step = step;
    progress.losses["total"] = 0.5;
    reports.OnStep(progress);
  }
  reports.Ended(v1::TrainerReport::STATE_FINISHED, 12);
  EXPECT_EQ(Event().report().progress().step(), 5u);
  EXPECT_EQ(Event().report().progress().step(), 10u);
  const auto last = Event().report();
  EXPECT_EQ(last.state(), v1::TrainerReport::STATE_FINISHED);
  EXPECT_EQ(last.progress().step(), 12u);
  EXPECT_EQ(last.progress().losses().at("total"), 0.5);
}

TEST_F(PipeTest, TheUseOfDataIsSentOnceASecondAtEachTurnAndAtTheEnd) {
  FakeClock clock;
  PipeReports reports(*trainer_, clock);
  DataUse use;
  const auto tell = [&](bool away) {
    use.away = away;
    ++use.cache.hits;
    use.wait_seconds += 0.5;
    reports.OnData(use);
    clock.Advance(std::chrono::milliseconds(400));
  };
  for (const bool away : {false, false, true, true, false, false}) tell(away);
  reports.Ended(v1::TrainerReport::STATE_STOPPED, 1);
  for (const std::uint64_t told : {1, 3, 5, 6}) {
    const v1::DataReport data = Event().data();
    EXPECT_EQ(data.cache_hits(), told);
    EXPECT_EQ(data.wait_seconds(), 0.5 * static_cast<double>(told));
    EXPECT_EQ(data.away(), told == 3);
  }
  EXPECT_EQ(Event().report().state(), v1::TrainerReport::STATE_STOPPED);
}

}  // namespace
}  // namespace gvsl::trainer
