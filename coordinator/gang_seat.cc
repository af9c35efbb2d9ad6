#include "coordinator/gang_seat.h"

namespace gvsl::coordinator {
namespace {

using v1::TrainerReport;

bool IsSilentSinceAccused(const WorkerView& worker, const SeatContext& context) {
  const auto found = context.memory.accused_at.find(worker.name);
  return found != context.memory.accused_at.end() && worker.last_heartbeat <= found->second &&
         context.now - found->second > context.options.accusation_grace;
}

Seat Gone(std::string why, bool trainer_died = false, bool leaving = false) {
  Seat seat;
  seat.status = SeatStatus::kGone;
  seat.why_gone = std::move(why);
  seat.trainer_died = trainer_died;
  seat.leaving = leaving;
  return seat;
}

// An idle trainer holds nothing, so it counts as stopped at once. One that still speaks of an older
// generation may be about to begin this one, until its agent is known to hold the order to stop.
SeatStatus StatusBeforeThisGeneration(const WorkerView& worker, const v1::Gang& gang) {
  const TrainerReport::State state = worker.report.state();
  const bool stopping = gang.phase() == v1::Gang::PHASE_STOPPING;
  const bool idle = state == TrainerReport::STATE_IDLE;
  const bool stopped_before =
      state == TrainerReport::STATE_STOPPED || state == TrainerReport::STATE_FINISHED;
  if (stopping && (idle || (stopped_before && worker.holds_directive))) {
    return SeatStatus::kStopped;
  }
  return SeatStatus::kWaiting;
}

SeatStatus StatusOf(const WorkerView& worker, const v1::Gang& gang, const std::string& job_uid) {
  const TrainerReport& report = worker.report;
  if (report.state() == TrainerReport::STATE_FAILED && report.job_uid() == job_uid) {
    return SeatStatus::kFailed;
  }
  if (report.job_uid() != job_uid || report.generation() != gang.generation()) {
    return StatusBeforeThisGeneration(worker, gang);
  }
  switch (report.state()) {
    case TrainerReport::STATE_STOPPED:
      return SeatStatus::kStopped;
    case TrainerReport::STATE_FINISHED:
      return SeatStatus::kFinished;
    case TrainerReport::STATE_IDLE:
      return SeatStatus::kWaiting;
    default:
      return SeatStatus::kActive;
  }
}

}  // namespace

Seat LookAtSeat(const v1::GangSeat& seat, const v1::Gang& gang, const std::string& job_uid,
                const SeatContext& context) {
  if (seat.lost()) return Gone("");
  const auto found = context.workers.find(seat.member().name());
  if (found == context.workers.end()) {
    if (context.now < context.adopt_until) return Seat{};
    return Gone("its lease ran out", /*trainer_died=*/false, seat.leaving());
  }
  const WorkerView& worker = found->second;
  if (worker.incarnation != seat.incarnation()) return Gone("its agent was started anew");
  if (!worker.reported) return Seat{};
  if (IsSilentSinceAccused(worker, context)) return Gone("its peers lost it and it is silent");
  const TrainerReport& report = worker.report;
  if (report.state() == TrainerReport::STATE_ABSENT ||
      report.incarnation() != seat.trainer_incarnation()) {
    return Gone("its trainer process ended", /*trainer_died=*/true, worker.leaving);
  }
  Seat result;
  result.worker = &worker;
  result.leaving = worker.leaving;
  result.status = StatusOf(worker, gang, job_uid);
  return result;
}

}  // namespace gvsl::coordinator
