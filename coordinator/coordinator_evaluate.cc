// The consequences of a drafted change: gangs, then the scheduler.
#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "common/text.h"
#include "coordinator/coordinator.h"
#include "coordinator/generation_end.h"
#include "coordinator/job_validation.h"
#include "coordinator/job_view.h"
#include "coordinator/static_gang.h"

namespace gvsl::coordinator {
namespace {

using google::protobuf::util::TimeUtil;
using Verdict = GangDecision::Verdict;

constexpr char kSavesReason[] =
    "its workers write a checkpoint of what they hold, for it can not go on with so few";

std::string IdleProblem(const WorkerView& worker) {
  const v1::TrainerReport& report = worker.report;
  if (worker.leaving) return "is leaving";
  if (!worker.reported) return "has only just registered";
  if (report.state() != v1::TrainerReport::STATE_IDLE) return "has no idle trainer yet";
  if (report.peer_address().empty()) return "has no address for its peers yet";
  return "";
}

}  // namespace

Status Coordinator::Finish(Draft& draft) {
  Evaluate(draft);
  const Status status = Commit(draft);
  PublishDirectives();
  return status;
}

void Coordinator::Evaluate(Draft& draft) {
  std::map<std::string, Demand> demands;
  AdvanceGangs(draft, demands);
  ApplyGrants(draft, demands);
}

std::vector<std::string> Coordinator::JobsByCreation(const Draft& draft) const {
  std::vector<std::string> uids = order_;
  for (const auto& [uid, job] : draft.jobs) {
    if (!jobs_.contains(uid)) uids.push_back(uid);
  }
  std::erase_if(uids, [&](const std::string& uid) {
    const auto& deleted = draft.change.deleted;
    return std::find(deleted.begin(), deleted.end(), uid) != deleted.end();
  });
  return uids;
}

void Coordinator::AdvanceGangs(Draft& draft, std::map<std::string, Demand>& demands) {
  for (const std::string& uid : JobsByCreation(draft)) {
    const auto drafted = draft.jobs.find(uid);
    const v1::StoredJob& seen = drafted != draft.jobs.end() ? drafted->second : jobs_[uid].stored;
    if (seen.has_gang()) {
      const GangMemory memory = jobs_.contains(uid) ? jobs_[uid].memory : GangMemory{};
      ApplyDecision(
          draft, Edit(draft, uid),
          AdvanceGang(clock_.Now(), seen, memory, pool_.workers(), adopt_until_, options_.gang),
          demands);
    } else if (seen.job().state() == v1::JOB_STATE_QUEUED) {
      demands[uid] = DemandOf(seen, Demand::Kind::kWaiting, 0);
    }
  }
}

void Coordinator::ApplyDecision(Draft& draft, v1::StoredJob& job, GangDecision decision,
                                std::map<std::string, Demand>& demands) {
  const std::string& uid = job.job().uid();
  const v1::Gang::Phase before = job.gang().phase();
  for (const v1::JobEvent& event : decision.events) {
    if (event.type() == "WORKER_LOST") job.set_lost_workers(job.lost_workers() + 1);
    AddEvent(draft, job, event.type(), event.message(), event.worker());
  }
  *job.mutable_gang() = std::move(decision.gang);
  draft.memories[uid] = std::move(decision.memory);
  for (v1::UnableWorker& worker : decision.unable) {
    *worker.mutable_time() = ToTimestamp(clock_.WallNow());
    NoteUnable(worker, job);
  }
  switch (decision.verdict) {
    case Verdict::kStay:
      return KeepGang(draft, job, before, demands);
    case Verdict::kReform:
    case Verdict::kSave:
      return Reform(draft, job, decision.verdict == Verdict::kSave, demands);
    case Verdict::kRequeue:
      if (const auto why = WhyHopeless(draft, job); !why.empty()) {
        return EndGang(draft, job, v1::JOB_STATE_FAILED, why);
      }
      EndGang(draft, job, v1::JOB_STATE_QUEUED, decision.sentence);
      demands[uid] = DemandOf(job, Demand::Kind::kWaiting, 0);
      return;
    case Verdict::kPaused:
      return EndGang(draft, job, v1::JOB_STATE_PAUSED, decision.sentence);
    case Verdict::kSucceeded:
      job.mutable_job()->set_step(job.job().steps());
      return EndGang(draft, job, v1::JOB_STATE_SUCCEEDED, decision.sentence);
    case Verdict::kFailed:
      return EndGang(draft, job, v1::JOB_STATE_FAILED, decision.sentence);
  }
}

void Coordinator::Reform(Draft& draft, v1::StoredJob& job, bool to_save,
                         std::map<std::string, Demand>& demands) {
  if (const auto why = WhyHopeless(draft, job); !why.empty()) {
    return EndGang(draft, job, v1::JOB_STATE_FAILED, why);
  }
  const std::size_t survivors = (to_save ? LivingMembers(job.gang(), pool_.workers())
                                         : Survivors(job.gang(), pool_.workers()))
                                    .size();
  const bool enough = to_save || survivors >= job.job().spec().workers().min();
  Demand& demand = demands[job.job().uid()];
  demand = DemandOf(job, enough ? Demand::Kind::kReforming : Demand::Kind::kWaiting, survivors);
  if (to_save) demand.want = demand.held;  // nobody need join for a checkpoint
  if (to_save) job.mutable_gang()->set_saves(true);
}

void Coordinator::KeepGang(Draft& draft, v1::StoredJob& job, v1::Gang::Phase before,
                           std::map<std::string, Demand>& demands) {
  const v1::Gang& gang = job.gang();
  if (before == v1::Gang::PHASE_FORMING && gang.phase() == v1::Gang::PHASE_RUNNING) {
    job.mutable_job()->set_state(v1::JOB_STATE_RUNNING);
    job.mutable_job()->set_reason(
        gang.saves() ? kSavesReason : "it trains with " + Plural(gang.seats_size(), "worker"));
    if (!job.job().has_start_time()) {
      *job.mutable_job()->mutable_start_time() = ToTimestamp(clock_.WallNow());
    }
  } else if (before != v1::Gang::PHASE_STOPPING && gang.phase() == v1::Gang::PHASE_STOPPING) {
    job.mutable_job()->set_reason(gang.stop_cause());
    AddEvent(draft, job, "GANG_STOPPING", gang.stop_cause());
  }
  if (gang.phase() == v1::Gang::PHASE_RUNNING && !gang.saves() && gang.static_gang().empty() &&
      job.wish() == v1::StoredJob::WISH_UNSPECIFIED && job.job().step() > job.formed_at_step() &&
      job.job().step() < job.job().steps()) {
    demands[job.job().uid()] = DemandOf(job, Demand::Kind::kRunning, gang.seats_size());
  }
}

std::string Coordinator::WhyHopeless(const Draft& draft, v1::StoredJob& job) const {
  // Without a member that lives, what is not on disk is lost; of a static gang nobody stays.
  const bool held =
      job.gang().static_gang().empty() && !LivingMembers(job.gang(), pool_.workers()).empty();
  const std::uint64_t kept = held ? job.job().step() : NewestCheckpoint(job.job());
  // Of one that only saves, nobody expects a step.
  if (!job.gang().saves()) {
    const std::string fruitless = CountGeneration(job, kept, options_.fruitless_limit);
    if (!fruitless.empty()) return fruitless;
  }
  return NobodyIsAble(draft, job) ? DescribeUnable(job) : "";
}

bool Coordinator::NobodyIsAble(const Draft& draft, const v1::StoredJob& job) const {
  // Where somebody was merely lost, he may come back.
  if (!AllMembersUnable(job)) return false;
  const Demand demand = DemandOf(job, Demand::Kind::kWaiting, 0);
  const std::vector<Offer> offers = Offers(draft);
  return std::none_of(offers.begin(), offers.end(),
                      [&](const Offer& offer) { return WhyUnsuitable(demand, offer).empty(); });
}

void Coordinator::EndGang(Draft& draft, v1::StoredJob& job, v1::JobState state,
                          const std::string& reason) {
  if (state == v1::JOB_STATE_QUEUED || state == v1::JOB_STATE_PAUSED) {
    CountRecomputing(NewestCheckpoint(job.job()), job);
  }
  NoteSpentGang(job.gang().static_gang(), state, reason, job);
  if (!job.gang().static_gang().empty()) ForgetUnableMembers(job);  // their launch is over
  job.clear_gang();
  draft.memories[job.job().uid()] = {};
  job.mutable_job()->set_state(state);
  job.mutable_job()->set_reason(reason);
  if (state == v1::JOB_STATE_QUEUED) {
    job.mutable_job()->set_step(NewestCheckpoint(job.job()));
  } else {
    job.clear_wish();
  }
  if (state == v1::JOB_STATE_PAUSED) job.mutable_job()->set_step(NewestCheckpoint(job.job()));
  CutBack(*job.mutable_job());
  if (HasEnded(state)) *job.mutable_job()->mutable_end_time() = ToTimestamp(clock_.WallNow());
  AddEvent(draft, job, WrittenName(state), reason);
}

Demand Coordinator::DemandOf(const v1::StoredJob& job, Demand::Kind kind, std::size_t held) const {
  const v1::JobSpec& spec = job.job().spec();
  Demand demand;
  demand.uid = job.job().uid();
  demand.name = job.job().name();
  demand.kind = kind;
  demand.from = spec.collective() == v1::COLLECTIVE_MPI    ? Demand::From::kStaticGangs
                : spec.collective() == v1::COLLECTIVE_AUTO ? Demand::From::kEither
                                                           : Demand::From::kPool;
  demand.min = spec.workers().min();
  demand.want = std::min(spec.workers().max(), spec.slots());
  demand.held = std::min(held, demand.want);
  demand.numeric_class = job.job().numeric_class();
  demand.mixes_classes = spec.numerics() == v1::NUMERICS_FAST;
  demand.device = spec.collective() == v1::COLLECTIVE_NCCL ? "cuda" : spec.workers().device();
  demand.threads = job.job().threads() > 0 ? job.job().threads() : spec.workers().threads();
  for (const v1::UnableWorker& worker : job.unable()) {
    const auto found = pool_.workers().find(worker.name());
    const bool rested =
        worker.had_begun() && TimeUtil::TimestampToSeconds(ToTimestamp(clock_.WallNow())) -
                                      TimeUtil::TimestampToSeconds(worker.time()) >=
                                  options_.unable_rest_seconds;
    if (found != pool_.workers().end() && !rested &&
        found->second.incarnation == worker.incarnation()) {
      demand.unable[worker.name()] = worker.reason();
    }
  }
  return demand;
}

const v1::StoredJob& Coordinator::Drafted(const Draft& draft, const std::string& uid) const {
  const auto drafted = draft.jobs.find(uid);
  return drafted != draft.jobs.end() ? drafted->second : jobs_.at(uid).stored;
}

std::vector<Offer> Coordinator::Offers(const Draft& draft) const {
  std::map<std::string, std::string> job_of;  // by worker
  for (const std::string& uid : JobsByCreation(draft)) {
    const v1::StoredJob& job = Drafted(draft, uid);
    for (const v1::GangSeat& seat : job.gang().seats()) {
      if (!seat.lost()) job_of[seat.member().name()] = job.job().name();
    }
  }
  std::vector<Offer> offers;
  for (const auto& [name, worker] : pool_.workers()) {
    offers.push_back({.name = name,
                      .numeric_class = worker.numeric_class,
                      .device = worker.device,
                      .threads = worker.threads,
                      .job = job_of.contains(name) ? job_of[name] : "",
                      .not_now = job_of.contains(name) ? "" : IdleProblem(worker),
                      .static_gang = worker.static_gang.id()});
  }
  return offers;
}

std::vector<GangOffer> Coordinator::GangOffers(const Draft& draft,
                                               const std::vector<Offer>& offers) const {
  std::map<std::string, std::string> spent, problems;
  for (const std::string& uid : JobsByCreation(draft)) {
    const v1::StoredJob& job = Drafted(draft, uid);
    for (const v1::SpentGang& one : job.spent_gangs()) spent[one.id()] = job.job().name();
  }
  for (const Offer& offer : offers) {
    problems[offer.name] = offer.job.empty() ? offer.not_now : "works for job " + offer.job;
  }
  std::vector<GangOffer> gangs;
  for (auto& [id, gang] : FindStaticGangs(pool_.workers(), spent, problems)) {
    gangs.push_back({.id = id,
                     .size = gang.size,
                     .members = std::move(gang.members),
                     .problem = std::move(gang.problem)});
  }
  return gangs;
}

void Coordinator::ApplyGrants(Draft& draft, const std::map<std::string, Demand>& demands) {
  if (demands.empty()) return;
  std::vector<Demand> by_creation;
  for (const std::string& uid : JobsByCreation(draft)) {
    if (const auto found = demands.find(uid); found != demands.end()) {
      by_creation.push_back(found->second);
    }
  }
  std::vector<Offer> offers = Offers(draft);
  const std::vector<GangOffer> gangs = GangOffers(draft, offers);
  for (const auto& [uid, grant] : Schedule(by_creation, std::move(offers), gangs)) {
    v1::StoredJob& job = Edit(draft, uid);
    if (demands.at(uid).kind == Demand::Kind::kRunning) {
      const std::string joiners = Join(grant.workers, ", ");
      OrderStop(*job.mutable_gang(), v1::StopOrder::MODE_AT_STEP_BOUNDARY,
                Concat("worker ", joiners, " joins"));
      AddEvent(draft, job, "GANG_STOPPING", job.gang().stop_cause());
    } else if (grant.form) {
      Form(draft, job, grant);
    } else {
      job.mutable_job()->set_state(v1::JOB_STATE_QUEUED);
      job.mutable_job()->set_reason(grant.sentence);
    }
  }
}

void Coordinator::Form(Draft& draft, v1::StoredJob& job, const Grant& grant) {
  const Demand demand = DemandOf(job, Demand::Kind::kReforming, 0);
  const bool to_save = job.gang().saves();
  auto survivors =
      to_save ? LivingMembers(job.gang(), pool_.workers()) : Survivors(job.gang(), pool_.workers());
  *job.mutable_gang() =
      FormGang(job, std::move(survivors), grant.workers, demand.want, pool_.workers());
  const auto members = static_cast<std::uint32_t>(job.gang().seats_size());
  job.mutable_gang()->set_saves(to_save && members < job.job().spec().workers().min());
  if (!grant.static_gang.empty()) {
    job.mutable_gang()->set_static_gang(LaunchOf(pool_.workers().at(grant.workers.front())));
  }
  draft.memories[job.job().uid()] = {};
  ForgetUnableMembers(job);
  v1::Job& shown = *job.mutable_job();
  const v1::Gang& gang = job.gang();
  shown.set_generation(gang.generation());
  if (shown.numeric_class().empty()) {
    shown.set_numeric_class(pool_.workers().at(gang.seats(0).member().name()).numeric_class);
  }
  if (shown.threads() == 0) {
    std::uint32_t threads = shown.spec().workers().threads();
    for (const v1::GangSeat& seat : gang.seats()) {
      const std::uint32_t capacity = pool_.workers().at(seat.member().name()).threads;
      if (shown.spec().workers().threads() == 0) {
        threads = threads == 0 ? capacity : std::min(threads, capacity);
      }
    }
    shown.set_threads(threads);
  }
  const v1::Member& source = gang.seats(gang.source_rank()).member();
  const bool from_member = source.has_held_step() && source.held_step() >= NewestCheckpoint(shown);
  shown.set_step(from_member ? source.held_step() : NewestCheckpoint(shown));
  CutBack(shown);
  job.set_formed_at_step(shown.step());
  if (shown.state() != v1::JOB_STATE_RUNNING) shown.set_state(v1::JOB_STATE_STARTING);
  shown.set_reason(Concat("generation ", gang.generation(), " forms of ", DescribeMembers(gang)));
  AddEvent(draft, job, "GANG_FORMED",
           Concat("generation ", gang.generation(), ": ", DescribeMembers(gang), "; from step ",
                  shown.step(), from_member ? " of " + source.name() : std::string()));
}

}  // namespace gvsl::coordinator
