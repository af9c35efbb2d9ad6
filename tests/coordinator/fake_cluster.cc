#include "tests/coordinator/fake_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/checkpoint_directory.h"
#include "common/text.h"
#include "common/version.h"
#include "coordinator/store/sqlite_job_store.h"
#include "tests/coordinator/test_dataset.h"

namespace gvsl::coordinator {
namespace {

using v1::TrainerReport;

bool IsIn(const FakeWorker& worker, const v1::Assignment& assignment) {
  return worker.report.job_uid() == assignment.job_uid() &&
         worker.report.generation() == assignment.generation();
}

bool Trains(const FakeWorker& worker) {
  return worker.report.state() == TrainerReport::STATE_FORMING ||
         worker.report.state() == TrainerReport::STATE_RUNNING;
}

void CheckSlots(const v1::Assignment& assignment) {
  std::uint32_t next = 0;
  for (const v1::Member& member : assignment.members()) {
    ASSERT_FALSE(member.slots().empty());
    for (const std::uint32_t slot : member.slots()) ASSERT_EQ(slot, next++);
  }
  ASSERT_EQ(next, assignment.spec().slots());
}

void CannotWriteTheLast(FakeWorker& worker) {
  worker.report.set_state(TrainerReport::STATE_STOPPED);
  worker.report.set_reason("the last checkpoint could not be written: no space left on device");
}

// Stopped with a step that it has not written, and a member still.
bool IsAwaited(const FakeWorker& worker) {
  return worker.report.state() == TrainerReport::STATE_STOPPED && worker.report.holds_state() &&
         worker.report.step() > worker.written_step &&
         worker.directive.assignment().job_uid() == worker.report.job_uid();
}

}  // namespace

FakeCluster::FakeCluster() : logs_(files_, "/state/logs", 1 << 20) {
  store_ = *OpenSqliteJobStore(":memory:");
  EXPECT_TRUE(WriteTestDataset(files_, "/data", 3).ok());
  StartCoordinator();
}

void FakeCluster::StartCoordinator() {
  coordinator_ = *Coordinator::Open({}, *store_, logs_, files_, clock_);
}

FakeWorker& FakeCluster::AddWorker(const std::string& name) {
  FakeWorker& worker = workers_[name];
  worker.name = name;
  StartTrainer(worker);
  return worker;
}

void FakeCluster::StartTrainer(FakeWorker& worker) {
  const std::uint64_t incarnation = worker.report.incarnation() + 1;
  worker.report.Clear();
  worker.report.set_incarnation(incarnation);
  worker.report.set_state(TrainerReport::STATE_IDLE);
  worker.report.set_peer_address(Concat(worker.name, ":", incarnation));
  worker.vote = v1::StopOrder::MODE_UNSPECIFIED;
  worker.written_step = 0;
}

void FakeCluster::RestartAgent(const std::string& name) {
  FakeWorker& agent = worker(name);
  ++agent.life;
  agent.alive = true;
  agent.leaving = false;
  agent.registered = false;
  agent.directive.Clear();
  agent.directive_version = 0;
  agent.sequence = 0;
  agent.report.Clear();
  StartTrainer(agent);
}

v1::JobSpec FakeCluster::Spec(const std::string& name, std::uint64_t steps) const {
  v1::JobSpec spec;
  spec.set_name(name);
  spec.set_task(v1::TASK_PRETRAIN);
  spec.set_method(v1::METHOD_GVSL);
  spec.set_dataset("/data");
  spec.set_steps(steps);
  spec.set_slots(4);
  spec.mutable_checkpoint()->set_directory("/ckpt/" + name);
  spec.mutable_checkpoint()->set_every_steps(1000);
  return spec;
}

v1::Job FakeCluster::Submit(const v1::JobSpec& spec) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = spec;
  auto job = coordinator_->CreateJob(request);
  EXPECT_TRUE(job.ok()) << job.status();
  return job.ok() ? *job : v1::Job();
}

v1::Job FakeCluster::Job(const std::string& name) {
  auto job = coordinator_->GetJob(name);
  EXPECT_TRUE(job.ok()) << job.status();
  return job.ok() ? *job : v1::Job();
}

std::vector<std::string> FakeCluster::Events(const std::string& name) {
  v1::ListEventsRequest request;
  request.set_job(name);
  request.set_page_size(1000);
  std::vector<std::string> types;
  const auto events = coordinator_->ListEvents(request);
  EXPECT_TRUE(events.ok());
  for (const v1::JobEvent& event : events->events()) types.push_back(event.type());
  return types;
}

bool FakeCluster::HasEvent(const std::string& name, const std::string& type) {
  const auto types = Events(name);
  return std::find(types.begin(), types.end(), type) != types.end();
}

void FakeCluster::Beat(FakeWorker& worker) {
  if (!worker.registered) {
    v1::RegisterWorkerRequest request;
    request.set_name(worker.name);
    request.set_incarnation(std::to_string(worker.life));
    request.set_version(std::string(kVersion));
    request.set_device("cpu");
    request.set_threads(worker.threads);
    request.set_numeric_class(worker.numeric_class);
    if (!worker.static_gang.id().empty()) *request.mutable_static_gang() = worker.static_gang;
    worker.registered = coordinator_->RegisterWorker(request).ok();
    if (!worker.registered) return;
  }
  v1::HeartbeatRequest request;
  request.set_name(worker.name);
  request.set_incarnation(std::to_string(worker.life));
  *request.mutable_trainer() = worker.report;
  request.set_leaving(worker.leaving);
  request.set_sequence(++worker.sequence);
  request.set_directive_version(worker.directive_version);
  for (const auto& report : worker.checkpoints) *request.add_checkpoints() = report;
  const auto response = coordinator_->Heartbeat(request);
  if (!response.ok()) {
    ASSERT_EQ(response.status().code(), StatusCode::kNotFound) << response.status();
    worker.registered = false;
    return;
  }
  worker.checkpoints.clear();
  const bool trains = Trains(worker) || worker.report.state() == TrainerReport::STATE_ABSENT;
  if (worker.leaving && !trains && !IsAwaited(worker)) worker.alive = false;  // its goodbye
  worker.directive = response->directive();
  worker.directive_version = response->directive_version();
  Obey(worker);
}

void FakeCluster::Obey(FakeWorker& worker) {
  TrainerReport& report = worker.report;
  if (worker.directive.has_dismissal()) {
    worker.alive = false;
    return;
  }
  if (!worker.directive.has_assignment()) {
    if (!report.job_uid().empty()) StartTrainer(worker);
    return;
  }
  const v1::Assignment& assignment = worker.directive.assignment();
  CheckSlots(assignment);
  if (!IsIn(worker, assignment)) {
    report.set_job_uid(assignment.job_uid());
    report.set_generation(assignment.generation());
    report.clear_suspects();
    report.clear_reason();
    report.clear_began();
    report.clear_own_trouble();
    worker.vote = v1::StopOrder::MODE_UNSPECIFIED;
    report.set_state(worker.directive.has_stop() ? TrainerReport::STATE_STOPPED
                                                 : TrainerReport::STATE_FORMING);
    return;
  }
  if (!worker.directive.has_stop() || !Trains(worker)) return;
  worker.vote = worker.directive.stop().mode();
  if (worker.vote == v1::StopOrder::MODE_NOW) report.set_state(TrainerReport::STATE_STOPPED);
}

void FakeCluster::Train(FakeWorker& worker) {
  if (!worker.alive || !Trains(worker)) return;
  const v1::Assignment assignment = worker.directive.assignment();
  Group group;
  bool all_there = true;
  for (const v1::Member& member : assignment.members()) {
    FakeWorker& other = workers_.at(member.name());
    const bool there = other.alive && IsIn(other, assignment) && Trains(other);
    const bool may_come = worker.report.state() == TrainerReport::STATE_FORMING && other.alive &&
                          other.report.peer_address() == member.peer_address() &&
                          !IsIn(other, assignment);
    if (!there && !may_come) {
      worker.report.set_state(TrainerReport::STATE_STOPPED);
      worker.report.add_suspects(other.name);
    }
    all_there = all_there && there;
    group.push_back(&other);
  }
  if (!all_there || !Trains(worker)) return;
  if (worker.report.state() == TrainerReport::STATE_FORMING) {
    TakeState(group, assignment);
  } else if (assignment.rank() == 0) {
    TakeStep(group, assignment);
  }
}

void FakeCluster::TakeState(const Group& group, const v1::Assignment& assignment) {
  const v1::Member& source = assignment.members(assignment.source_rank());
  std::uint64_t step = NewestCheckpointOnDisk(assignment);
  if (source.has_held_step()) {
    const TrainerReport& held = group[assignment.source_rank()]->report;
    ASSERT_TRUE(held.holds_state());
    ASSERT_EQ(held.step(), source.held_step());
    step = source.held_step();
  }
  for (int rank = 0; rank < assignment.members_size(); ++rank) {
    const v1::Member& listed = assignment.members(rank);
    const TrainerReport& held = group[rank]->report;
    if (!listed.has_held_step()) continue;
    ASSERT_TRUE(held.holds_state() && held.step() == listed.held_step()) << listed.name();
    ASSERT_LE(listed.held_step(), step) << "a survivor holds a higher step than the source";
  }
  for (FakeWorker* member : group) {
    member->report.set_state(TrainerReport::STATE_RUNNING);
    member->report.set_began(true);
    member->report.set_holds_state(true);
    member->report.set_step(step);
    if (step >= assignment.spec().steps()) member->report.set_state(TrainerReport::STATE_FINISHED);
  }
  if (step >= assignment.spec().steps() && disk_full) CannotWriteTheLast(*group[0]);
  if (step >= assignment.spec().steps()) WriteCheckpoint(*group[0], assignment);
}

void FakeCluster::TakeStep(const Group& group, const v1::Assignment& assignment) {
  const bool running = std::all_of(group.begin(), group.end(), [](const FakeWorker* member) {
    return member->report.state() == TrainerReport::STATE_RUNNING;
  });
  if (!running) return;
  auto vote = v1::StopOrder::MODE_UNSPECIFIED;
  for (const FakeWorker* member : group) vote = std::max(vote, member->vote);
  const std::uint64_t step = group[0]->report.step() + 1;
  const bool last = step >= assignment.spec().steps();
  for (FakeWorker* member : group) {
    TrainerReport& report = member->report;
    report.set_step(step);
    report.mutable_progress()->set_step(step);
    report.mutable_progress()->set_step_seconds(ToSeconds(kRound));
    report.mutable_progress()->set_slot_seconds(member->slot_seconds);
    (*report.mutable_progress()->mutable_losses())["total"] = 1.0 / static_cast<double>(step);
    if (vote != v1::StopOrder::MODE_UNSPECIFIED) report.set_state(TrainerReport::STATE_STOPPED);
    if (last) report.set_state(TrainerReport::STATE_FINISHED);
  }
  if (last && disk_full) CannotWriteTheLast(*group[0]);
  if (last || vote == v1::StopOrder::MODE_CHECKPOINT ||
      step % assignment.spec().checkpoint().every_steps() == 0) {
    WriteCheckpoint(*group[0], assignment);
  }
}

void FakeCluster::WriteCheckpoint(FakeWorker& worker, const v1::Assignment& assignment) {
  if (disk_full) {
    v1::CheckpointReport& report = worker.checkpoints.emplace_back();
    report.set_job_uid(assignment.job_uid());
    report.set_generation(assignment.generation());
    report.set_error("no space left on device");
    return;
  }
  worker.written_step = worker.report.step();
  CheckpointManifest manifest;
  manifest.job_uid = assignment.job_uid();
  manifest.job_name = assignment.job_name();
  manifest.step = worker.report.step();
  manifest.time = "2026-11-23T12:00:00Z";
  manifest.files["model.safetensors"] = {4, std::string(64, 'c')};
  const std::string directory =
      JoinPath(assignment.spec().checkpoint().directory(), CheckpointName(manifest.step));
  ASSERT_TRUE(files_.CreateDirectories(directory).ok());
  ASSERT_TRUE(
      WriteFileDurably(files_, JoinPath(directory, "manifest.json"), ToJson(manifest)).ok());
  v1::CheckpointReport& report = worker.checkpoints.emplace_back();
  report.set_job_uid(assignment.job_uid());
  report.set_generation(assignment.generation());
  report.mutable_checkpoint()->set_step(manifest.step);
  report.mutable_checkpoint()->set_path(directory);
  report.mutable_checkpoint()->set_weights_sha256(manifest.WeightsSha256());
  report.mutable_checkpoint()->set_bytes(4);
}

std::uint64_t FakeCluster::NewestCheckpointOnDisk(const v1::Assignment& assignment) {
  const auto steps = ListCheckpointSteps(files_, assignment.spec().checkpoint().directory());
  return steps.ok() && !steps->empty() ? steps->back() : 0;
}

void FakeCluster::Round() {
  for (auto& [name, worker] : workers_) {
    if (worker.alive && !worker.silent && coordinator_) Beat(worker);
  }
  for (auto& [name, worker] : workers_) Train(worker);
  clock_.Advance(kRound);
  if (coordinator_) {
    coordinator_->Tick();
    coordinator_->LookAtDisks();
  }
}

void FakeCluster::Rounds(int count) {
  for (int i = 0; i < count; ++i) Round();
}

bool FakeCluster::RoundsUntil(const std::function<bool()>& condition) {
  for (int i = 0; i < 300; ++i) {
    if (condition()) return true;
    Round();
  }
  return condition();
}

bool FakeCluster::Reaches(const std::string& job, v1::JobState state) {
  return RoundsUntil([&] { return Job(job).state() == state; });
}

bool FakeCluster::ReachesStep(const std::string& job, std::uint64_t step) {
  return RoundsUntil([&] { return Job(job).step() >= step; });
}

}  // namespace gvsl::coordinator
