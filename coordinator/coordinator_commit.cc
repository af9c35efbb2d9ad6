// A draft becomes real: store first, then memory, then what the workers are told.
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <functional>

#include "common/log.h"
#include "common/text.h"
#include "coordinator/coordinator.h"
#include "coordinator/job_validation.h"
#include "coordinator/job_view.h"
#include "coordinator/static_gang.h"

namespace gvsl::coordinator {
namespace {

// The same directive has the same version in the next life of the coordinator; never 0.
std::uint64_t VersionOf(const std::string& directive) {
  return std::hash<std::string>()(directive) | 1;
}

}  // namespace

v1::StoredJob& Coordinator::Edit(Draft& draft, const std::string& uid) {
  const auto found = draft.jobs.find(uid);
  if (found != draft.jobs.end()) return found->second;
  return draft.jobs.emplace(uid, jobs_.at(uid).stored).first->second;
}

void Coordinator::AddEvent(Draft& draft, const v1::StoredJob& job, const std::string& type,
                           const std::string& message, const std::string& worker) {
  v1::JobEvent event;
  *event.mutable_time() = ToTimestamp(clock_.WallNow());
  event.set_type(type);
  event.set_message(message);
  event.set_generation(job.job().generation());
  event.set_step(job.job().step());
  event.set_worker(worker);
  draft.change.events.emplace_back(job.job().uid(), std::move(event));
}

Status Coordinator::Commit(Draft& draft) {
  for (const auto& [uid, job] : draft.jobs) {
    const auto entry = jobs_.find(uid);
    const bool same = entry != jobs_.end() &&
                      google::protobuf::util::MessageDifferencer::Equals(entry->second.stored, job);
    if (!same) draft.change.jobs.push_back(job);
  }
  if (!draft.change.empty()) {
    const Status status = store_.Apply(draft.change);
    if (!status.ok()) {
      if (!store_failed_) LogError("job_store_failed", {{"error", status.ToString()}});
      store_failed_ = true;
      return status;
    }
    if (store_failed_) LogInfo("job_store_recovered");
    store_failed_ = false;
  }
  TakeOver(draft);
  return OkStatus();
}

void Coordinator::TakeOver(Draft& draft) {
  for (auto& [uid, memory] : draft.memories) {
    if (jobs_.contains(uid)) jobs_[uid].memory = std::move(memory);
  }
  for (v1::StoredJob& job : draft.change.jobs) {
    const std::string uid = job.job().uid();
    if (!jobs_.contains(uid)) order_.push_back(uid);
    JobEntry& entry = jobs_[uid];
    LogStateChange(entry.stored, job);
    entry.stored = std::move(job);
    entry.unwritten = false;
    ++entry.version;
  }
  for (const std::string& uid : draft.change.deleted) {
    jobs_.erase(uid);
    std::erase(order_, uid);
  }
  for (const auto& [uid, event] : draft.change.events) {
    LogInfo("job_event", {{"job_uid", uid},
                          {"type", event.type()},
                          {"generation", event.generation()},
                          {"step", event.step()},
                          {"worker", event.worker()},
                          {"message", event.message()}});
  }
  if (!draft.change.empty()) job_changed_.notify_all();
}

void Coordinator::LogStateChange(const v1::StoredJob& before, const v1::StoredJob& after) const {
  if (before.job().state() == after.job().state()) return;
  LogInfo("job_state_changed", {{"job", after.job().name()},
                                {"job_uid", after.job().uid()},
                                {"state", WrittenName(after.job().state())},
                                {"generation", after.job().generation()},
                                {"step", after.job().step()}});
}

void Coordinator::PublishDirectives() {
  std::map<std::string, std::string> keys;  // by worker
  for (const auto& [uid, entry] : jobs_) {
    const v1::Gang& gang = entry.stored.gang();
    for (const v1::GangSeat& seat : gang.seats()) {
      if (seat.lost()) continue;
      keys[seat.member().name()] =
          Concat(uid, "/", gang.generation(), "/", seat.incarnation(), "/",
                 gang.phase() == v1::Gang::PHASE_STOPPING ? gang.stop_mode() : 0);
    }
  }
  for (const auto& [name, worker] : pool_.workers()) {
    if (!keys.contains(name)) keys[name] = DismissalOf(worker).SerializeAsString();
    const std::uint64_t version = VersionOf(keys[name]);
    Contact& contact = contacts_[name];
    if (contact.directive_version == version) continue;
    contact.directive_version = version;
    pool_.Find(name)->holds_directive = false;
    if (contact.changed) contact.changed->notify_all();
  }
}

v1::Directive Coordinator::DirectiveOf(const WorkerView& worker) const {
  for (const auto& [uid, entry] : jobs_) {
    v1::Directive directive = DirectiveFor(entry.stored, worker);
    if (directive.has_assignment()) return directive;
  }
  v1::Directive directive;
  v1::Dismissal dismissal = DismissalOf(worker);
  if (!dismissal.job_name().empty()) *directive.mutable_dismissal() = std::move(dismissal);
  return directive;
}

v1::Dismissal Coordinator::DismissalOf(const WorkerView& worker) const {
  v1::Dismissal dismissal;
  const std::string launch = LaunchOf(worker);
  if (launch.empty()) return dismissal;
  for (const auto& [uid, entry] : jobs_) {
    const v1::SpentGang* const spent = FindSpentGang(entry.stored, launch);
    if (spent == nullptr) continue;
    dismissal.set_job_name(entry.stored.job().name());
    dismissal.set_job_state(spent->job_state());
    dismissal.set_reason(spent->reason());
  }
  return dismissal;
}

}  // namespace gvsl::coordinator
