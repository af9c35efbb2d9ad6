#include <algorithm>
#include <numeric>

#include "common/text.h"
#include "coordinator/gang.h"
#include "coordinator/job_view.h"
#include "coordinator/slot_planner.h"

namespace gvsl::coordinator {
namespace {

// -1: holds no state of the job.
std::int64_t HeldStep(const v1::StoredJob& job, const WorkerView& worker) {
  const v1::TrainerReport& report = worker.report;
  const bool holds = report.holds_state() && report.job_uid() == job.job().uid();
  return holds ? static_cast<std::int64_t>(report.step()) : -1;
}

// Keeps the order of those that stay.
void KeepHighestSteps(const v1::StoredJob& job, const WorkerViews& workers, std::size_t limit,
                      std::vector<std::string>& names) {
  if (names.size() <= limit) return;
  std::vector<std::size_t> ranks(names.size());
  std::iota(ranks.begin(), ranks.end(), 0);
  std::stable_sort(ranks.begin(), ranks.end(), [&](std::size_t a, std::size_t b) {
    return HeldStep(job, workers.at(names[a])) > HeldStep(job, workers.at(names[b]));
  });
  ranks.resize(limit);
  std::sort(ranks.begin(), ranks.end());
  std::vector<std::string> kept;
  for (const std::size_t rank : ranks) kept.push_back(names[rank]);
  names = std::move(kept);
}

v1::GangSeat MakeSeat(const v1::StoredJob& job, const WorkerView& worker,
                      const std::vector<std::uint32_t>& slots) {
  v1::GangSeat seat;
  seat.set_incarnation(worker.incarnation);
  seat.set_trainer_incarnation(worker.report.incarnation());
  v1::Member& member = *seat.mutable_member();
  member.set_name(worker.name);
  member.set_peer_address(worker.report.peer_address());
  member.set_device(worker.device);
  member.mutable_slots()->Assign(slots.begin(), slots.end());
  if (const std::int64_t step = HeldStep(job, worker); step >= 0) member.set_held_step(step);
  return seat;
}

// The member with the highest step; where that is behind the newest checkpoint, one that holds
// nothing and so reads the checkpoint.
std::uint32_t ChooseSource(const v1::StoredJob& job, const std::vector<std::int64_t>& held) {
  const auto highest = std::max_element(held.begin(), held.end());
  const auto nothing = std::find(held.begin(), held.end(), -1);
  const auto newest = static_cast<std::int64_t>(NewestCheckpoint(job.job()));
  const auto source = *highest < newest && nothing != held.end() ? nothing : highest;
  return static_cast<std::uint32_t>(source - held.begin());
}

}  // namespace

v1::Gang FormGang(const v1::StoredJob& job, std::vector<std::string> survivors,
                  const std::vector<std::string>& added, std::size_t limit,
                  const WorkerViews& workers) {
  KeepHighestSteps(job, workers, limit, survivors);
  const bool fresh = survivors.empty();
  std::vector<std::string> names = std::move(survivors);
  names.insert(names.end(), added.begin(), added.end());
  if (names.size() > limit) names.resize(limit);

  std::vector<double> slot_seconds;
  for (const std::string& name : names) {
    const v1::TrainerReport& report = workers.at(name).report;
    const bool of_this_job = report.job_uid() == job.job().uid();
    slot_seconds.push_back(of_this_job ? report.progress().slot_seconds() : 0);
  }
  const auto plan = PlanSlots(job.job().spec().slots(), slot_seconds);

  v1::Gang gang;
  gang.set_generation(job.job().generation() + 1);
  gang.set_phase(v1::Gang::PHASE_FORMING);
  gang.set_fresh(fresh);
  gang.set_checkpoint_step(NewestCheckpoint(job.job()));
  std::vector<std::int64_t> held;
  for (std::size_t rank = 0; rank < names.size(); ++rank) {
    const WorkerView& worker = workers.at(names[rank]);
    *gang.add_seats() = MakeSeat(job, worker, plan[rank]);
    held.push_back(HeldStep(job, worker));
  }
  gang.set_source_rank(ChooseSource(job, held));
  return gang;
}

v1::Directive DirectiveFor(const v1::StoredJob& job, const WorkerView& worker) {
  v1::Directive directive;
  const v1::Gang& gang = job.gang();
  for (int rank = 0; rank < gang.seats_size(); ++rank) {
    const v1::GangSeat& seat = gang.seats(rank);
    if (seat.lost() || seat.member().name() != worker.name ||
        seat.incarnation() != worker.incarnation) {
      continue;
    }
    v1::Assignment& assignment = *directive.mutable_assignment();
    assignment.set_job_uid(job.job().uid());
    assignment.set_job_name(job.job().name());
    assignment.set_generation(gang.generation());
    *assignment.mutable_spec() = job.job().spec();
    assignment.set_dataset_sha256(job.job().dataset_sha256());
    assignment.set_threads(job.job().threads());
    for (const v1::GangSeat& other : gang.seats()) *assignment.add_members() = other.member();
    assignment.set_rank(rank);
    assignment.set_source_rank(gang.source_rank());
    assignment.set_checkpoint_step(gang.checkpoint_step());
    if (gang.phase() == v1::Gang::PHASE_STOPPING) {
      directive.mutable_stop()->set_generation(gang.generation());
      directive.mutable_stop()->set_mode(gang.stop_mode());
    }
  }
  return directive;
}

}  // namespace gvsl::coordinator
