// What workers say, and what time brings about.
#include <algorithm>

#include "common/log.h"
#include "common/text.h"
#include "coordinator/coordinator.h"
#include "coordinator/job_admission.h"
#include "coordinator/job_quarantine.h"
#include "coordinator/job_view.h"
#include "coordinator/report_check.h"

namespace gvsl::coordinator {
namespace {

std::string StateOf(const WorkerView& worker) {
  if (worker.leaving) return "LEAVING";
  const std::string name = v1::TrainerReport::State_Name(worker.report.state());
  return worker.report.state() == v1::TrainerReport::STATE_UNSPECIFIED
             ? "ABSENT"
             : name.substr(std::size("STATE_") - 1);
}

}  // namespace

Coordinator::Coordinator(CoordinatorOptions options, JobStore& store, LogStore& logs,
                         FileSystem& files, Clock& clock)
    : options_(options),
      store_(store),
      logs_(logs),
      files_(files),
      clock_(clock),
      pool_(options.worker),
      adopt_until_(clock.Now() + options.worker.lease + options.reconnect_backoff),
      last_time_(clock.Now()),
      last_progress_write_(clock.Now()),
      last_count_(clock.Now()) {}

StatusOr<std::unique_ptr<Coordinator>> Coordinator::Open(CoordinatorOptions options,
                                                         JobStore& store, LogStore& logs,
                                                         FileSystem& files, Clock& clock) {
  std::unique_ptr<Coordinator> coordinator(new Coordinator(options, store, logs, files, clock));
  GVSL_ASSIGN_OR_RETURN(std::vector<v1::StoredJob> jobs, store.LoadJobs());
  for (v1::StoredJob& job : jobs) {
    const std::string uid = job.job().uid();
    coordinator->order_.push_back(uid);
    if (job.has_gang()) {
      LogInfo("job_adopted", {{"job", job.job().name()},
                              {"job_uid", uid},
                              {"generation", job.gang().generation()},
                              {"step", job.job().step()}});
    }
    coordinator->jobs_[uid].stored = std::move(job);
  }
  return coordinator;
}

StatusOr<v1::RegisterWorkerResponse> Coordinator::RegisterWorker(
    const v1::RegisterWorkerRequest& request) {
  const std::lock_guard lock(mutex_);
  PassTime();
  const bool known = pool_.Find(request.name()) != nullptr;
  if (const Status status = pool_.Register(clock_.Now(), request); !status.ok()) {
    LogWarning("worker_refused", {{"worker", request.name()}, {"reason", status.message()}});
    return status;
  }
  Contact& contact = contacts_[request.name()];
  if (!contact.changed) contact.changed = std::make_shared<std::condition_variable>();
  if (!known) {
    contact.register_time = ToTimestamp(clock_.WallNow());
    LogInfo("worker_registered", {{"worker", request.name()},
                                  {"device", request.device()},
                                  {"threads", request.threads()},
                                  {"numeric_class", request.numeric_class()},
                                  {"static_gang", request.static_gang().id()},
                                  {"rank", request.static_gang().rank()}});
  }
  Draft draft;
  GVSL_RETURN_IF_ERROR(Finish(draft));
  v1::RegisterWorkerResponse response;
  response.set_lease_seconds(ToSeconds(options_.worker.lease));
  response.set_heartbeat_interval_seconds(ToSeconds(options_.worker.heartbeat_interval));
  return response;
}

StatusOr<v1::HeartbeatResponse> Coordinator::Heartbeat(const v1::HeartbeatRequest& request) {
  std::unique_lock lock(mutex_);
  if (stopping_) return UnavailableError("the coordinator is stopping");
  PassTime();
  const auto job = jobs_.find(request.trainer().job_uid());
  GVSL_RETURN_IF_ERROR(
      CheckReport(request.trainer(), job == jobs_.end() ? nullptr : &job->second.stored.job()));
  const WorkerView* const known = pool_.Find(request.name());
  const bool was_away = known != nullptr && known->report.dataset_away() &&
                        known->report.job_uid() == request.trainer().job_uid();
  GVSL_RETURN_IF_ERROR(pool_.Heartbeat(clock_.Now(), request));
  ++heartbeats_;
  Contact& contact = contacts_[request.name()];
  WorkerView& worker = *pool_.Find(request.name());
  worker.holds_directive = request.directive_version() == contact.directive_version;

  v1::HeartbeatResponse response;
  for (const v1::LogChunk& chunk : request.logs()) {
    if (!jobs_.contains(chunk.job_uid())) {
      v1::LogAck& ack = *response.add_log_acks();  // of a job that is forgotten
      ack.set_job_uid(chunk.job_uid());
      ack.set_next_offset(chunk.offset() + chunk.text().size());
      continue;
    }
    const auto next = logs_.Append(chunk.job_uid(), request.name(), chunk.offset(), chunk.text());
    if (!next.ok()) continue;  // the worker sends it again
    v1::LogAck& ack = *response.add_log_acks();
    ack.set_job_uid(chunk.job_uid());
    ack.set_next_offset(*next);
  }
  Draft draft;
  TakeProgress(request);  // before anything is drafted, for drafts are copies
  TakeQuarantineOf(draft, worker);
  TakeDatasetNews(draft, worker, was_away);
  TakeCheckpoints(draft, request);
  LookForCheckpoint(request.trainer());
  GVSL_RETURN_IF_ERROR(Finish(draft));

  const double asked = request.wait_seconds() > 0 ? std::min(request.wait_seconds(), 60.0) : 0;
  const Duration wait = std::min(FromSeconds(asked), options_.longest_wait);
  const auto changed = contact.changed;
  changed->wait_for(lock, wait, [&] {
    const auto now = contacts_.find(request.name());
    return stopping_ || now == contacts_.end() ||
           now->second.directive_version != request.directive_version();
  });
  const WorkerView* after = pool_.Find(request.name());
  if (after == nullptr || after->incarnation != request.incarnation()) {
    return NotFoundError(Concat("worker ", request.name(), " is not registered"));
  }
  response.set_directive_version(contacts_[request.name()].directive_version);
  *response.mutable_directive() = DirectiveOf(*after);
  return response;
}

void Coordinator::TakeProgress(const v1::HeartbeatRequest& request) {
  const auto found = jobs_.find(request.trainer().job_uid());
  if (found == jobs_.end()) return;
  JobEntry& entry = found->second;
  if (!ApplyProgress(*pool_.Find(request.name()), entry.stored)) return;
  entry.unwritten = true;
  ++entry.version;
  job_changed_.notify_all();
}

void Coordinator::TakeQuarantineOf(Draft& draft, const WorkerView& worker) {
  const auto found = jobs_.find(worker.report.job_uid());
  if (found == jobs_.end() || !IsOfPresentGeneration(worker, found->second.stored)) return;
  v1::Job job = found->second.stored.job();
  bool changed = false;
  const auto news = TakeQuarantine(worker.report, job, changed);
  if (!changed) return;
  v1::StoredJob& stored = Edit(draft, job.uid());
  *stored.mutable_job()->mutable_quarantine() = job.quarantine();
  for (const v1::QuarantinedShard& one : news) {
    AddEvent(draft, stored, "SHARD_LEFT_OUT", DescribeQuarantined(one), worker.name);
  }
}

void Coordinator::TakeDatasetNews(Draft& draft, const WorkerView& worker, bool was_away) {
  const bool is_away = worker.report.dataset_away();
  const auto found = jobs_.find(worker.report.job_uid());
  if (is_away == was_away || found == jobs_.end() ||
      worker.report.state() != v1::TrainerReport::STATE_RUNNING ||
      !IsOfPresentGeneration(worker, found->second.stored)) {
    return;
  }
  AddEvent(draft, found->second.stored, is_away ? "DATASET_AWAY" : "DATASET_BACK",
           is_away ? "this worker cannot read the dataset and waits for it; its log says why"
                   : "this worker reads the dataset again",
           worker.name);
}

void Coordinator::LookForCheckpoint(const v1::TrainerReport& report) {
  const auto found = jobs_.find(report.job_uid());
  if (found == jobs_.end() || !found->second.stored.has_gang()) return;
  const bool stopped = report.state() == v1::TrainerReport::STATE_STOPPED ||
                       report.state() == v1::TrainerReport::STATE_FINISHED;
  const std::uint64_t newest = NewestCheckpoint(found->second.stored.job());
  if (stopped && report.holds_state() && report.step() > newest) to_look_at_.insert(found->first);
}

void Coordinator::LookAtDisks() {
  std::vector<v1::Job> jobs;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& uid : to_look_at_) {
      if (jobs_.contains(uid)) jobs.push_back(jobs_.at(uid).stored.job());
    }
    to_look_at_.clear();
  }
  for (const v1::Job& job : jobs) {
    const auto on_disk = ReadCheckpoints(files_, job);
    if (!on_disk.ok()) continue;  // not seen here: what the workers reported stands
    const std::lock_guard lock(mutex_);
    if (!jobs_.contains(job.uid())) continue;
    Draft draft;
    TakeFromDisk(draft, Edit(draft, job.uid()), *on_disk, /*forget=*/false);
    (void)Finish(draft);  // the next heartbeat asks again
  }
}

void Coordinator::TakeCheckpoints(Draft& draft, const v1::HeartbeatRequest& request) {
  for (const v1::CheckpointReport& said : request.checkpoints()) {
    if (!jobs_.contains(said.job_uid())) continue;
    v1::StoredJob& job = Edit(draft, said.job_uid());
    const auto report = CleanCheckpoint(said, job.job());
    if (!report) {
      LogWarning("checkpoint_report_refused", {{"worker", request.name()},
                                               {"job_uid", said.job_uid()},
                                               {"step", said.checkpoint().step()}});
      continue;
    }
    AddDamageEvents(draft, job, *report, request.name());
    if (!ApplyCheckpoint(*report, job)) continue;
    if (!report->error().empty()) {
      AddEvent(draft, job, "CHECKPOINT_FAILED", report->error(), request.name());
    } else {
      AddCheckpointEvent(draft, job, report->checkpoint(), request.name());
    }
  }
}

void Coordinator::AddDamageEvents(Draft& draft, const v1::StoredJob& job,
                                  const v1::CheckpointReport& report, const std::string& worker) {
  const std::set<std::uint64_t> known = DamagedSteps(job);
  for (const std::uint64_t step : report.damaged_steps()) {
    if (known.contains(step)) continue;
    AddEvent(draft, job, "CHECKPOINT_DAMAGED",
             Concat("the checkpoint of step ", step, " is damaged and is not used"), worker);
  }
}

// What a stale view of a shared disk lacks is forgotten only where a person asks for it, and what
// was removed meanwhile does not come back.
void Coordinator::TakeFromDisk(Draft& draft, v1::StoredJob& job,
                               const std::vector<v1::Checkpoint>& on_disk, bool forget) {
  v1::Job& shown = *job.mutable_job();
  std::map<std::uint64_t, v1::Checkpoint> by_step;
  if (!forget) {
    for (const v1::Checkpoint& one : shown.checkpoints()) by_step[one.step()] = one;
  }
  const std::set<std::uint64_t> damaged = DamagedSteps(job);
  if (forget) {
    job.clear_damaged_checkpoints();
    for (const v1::Checkpoint& one : on_disk) {
      if (damaged.contains(one.step())) job.add_damaged_checkpoints(one.step());
    }
  }
  const std::uint64_t newest = NewestCheckpoint(shown);
  for (const v1::Checkpoint& one : on_disk) {
    if (damaged.contains(one.step())) continue;
    if (one.step() > newest) AddCheckpointEvent(draft, job, one, "");
    if (forget || one.step() > newest) by_step[one.step()] = one;
  }
  shown.clear_checkpoints();
  for (const auto& [step, checkpoint] : by_step) *shown.add_checkpoints() = checkpoint;
}

void Coordinator::AddCheckpointEvent(Draft& draft, const v1::StoredJob& job,
                                     const v1::Checkpoint& checkpoint, const std::string& worker) {
  AddEvent(draft, job, "CHECKPOINT_WRITTEN",
           Concat("checkpoint of step ", checkpoint.step(), ", ", checkpoint.bytes(), " bytes"),
           worker);
}

// Leases run out here, whoever asks. When this process itself stood still (stopped, swapped out),
// its workers could not reach it: they get a whole lease.
void Coordinator::PassTime() {
  const TimePoint now = clock_.Now();
  if (now - last_time_ > options_.worker.lease / 2) {
    adopt_until_ = std::max(adopt_until_, now + options_.worker.lease);
    pool_.Hold(adopt_until_);
  }
  last_time_ = now;
  for (const WorkerView& worker : pool_.Expire(now)) {
    LogWarning("worker_lease_expired", {{"worker", worker.name}, {"leaving", worker.leaving}});
    if (const auto contact = contacts_.find(worker.name); contact != contacts_.end()) {
      contact->second.changed->notify_all();
      contacts_.erase(contact);
    }
  }
}

// Not written for its own sake: the next change of the job takes it along.
void Coordinator::CountLostTime() {
  const double seconds = ToSeconds(clock_.Now() - last_count_);
  last_count_ = clock_.Now();
  for (auto& [uid, entry] : jobs_) {
    const std::string cause = WhyItStands(entry.stored);
    if (!cause.empty()) (*entry.stored.mutable_lost_seconds())[cause] += seconds;
  }
}

void Coordinator::Tick() {
  const std::lock_guard lock(mutex_);
  PassTime();
  CountLostTime();
  Draft draft;
  if (clock_.Now() - last_progress_write_ >= options_.progress_interval) {
    last_progress_write_ = clock_.Now();
    for (const auto& [uid, entry] : jobs_) {
      if (entry.unwritten) draft.change.jobs.push_back(entry.stored);
    }
    if (!draft.change.jobs.empty() && store_.Apply(draft.change).ok()) {
      for (auto& [uid, entry] : jobs_) entry.unwritten = false;
    }
    draft = {};
  }
  (void)Finish(draft);  // a store that fails is logged and tried again by the next tick
}

void Coordinator::StopWaiting() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  job_changed_.notify_all();
  for (auto& [name, contact] : contacts_) contact.changed->notify_all();
}

v1::Worker Coordinator::DescribeWorker(const WorkerView& worker) const {
  v1::Worker shown;
  shown.set_name(worker.name);
  shown.set_device(worker.device);
  shown.set_threads(worker.threads);
  shown.set_version(worker.version);
  shown.set_state(StateOf(worker));
  shown.set_heartbeat_age_seconds(ToSeconds(clock_.Now() - worker.last_heartbeat));
  shown.set_step_seconds(worker.report.progress().step_seconds());
  shown.set_numeric_class(worker.numeric_class);
  if (!worker.static_gang.id().empty()) *shown.mutable_static_gang() = worker.static_gang;
  if (const auto contact = contacts_.find(worker.name); contact != contacts_.end()) {
    *shown.mutable_register_time() = contact->second.register_time;
  }
  const v1::Assignment assignment = DirectiveOf(worker).assignment();
  shown.set_job(assignment.job_name());
  if (assignment.members_size() > 0) {
    *shown.mutable_slots() = assignment.members(assignment.rank()).slots();
  }
  return shown;
}

v1::ListWorkersResponse Coordinator::ListWorkers() {
  const std::lock_guard lock(mutex_);
  PassTime();
  v1::ListWorkersResponse response;
  for (const auto& [name, worker] : pool_.workers()) {
    *response.add_workers() = DescribeWorker(worker);
  }
  return response;
}

CoordinatorSnapshot Coordinator::Snapshot() {
  const std::lock_guard lock(mutex_);
  CoordinatorSnapshot snapshot;
  for (const std::string& uid : order_) {
    snapshot.jobs.push_back(View(uid));
    const v1::StoredJob& stored = jobs_.at(uid).stored;
    snapshot.lost_workers[uid] = stored.lost_workers();
    snapshot.lost_seconds[uid] = {stored.lost_seconds().begin(), stored.lost_seconds().end()};
  }
  for (const auto& [name, worker] : pool_.workers()) {
    snapshot.workers.push_back(DescribeWorker(worker));
  }
  snapshot.heartbeats = heartbeats_;
  return snapshot;
}

}  // namespace gvsl::coordinator
