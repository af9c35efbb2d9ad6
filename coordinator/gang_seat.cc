#include "coordinator/gang_seat.h"

#include <optional>

#include "common/text.h"

namespace gvsl::coordinator {
namespace {

using v1::TrainerReport;

// Since when its peers have missed a member that has said nothing since.
std::optional<TimePoint> MissedSince(const WorkerView& worker, const SeatContext& context) {
  const auto found = context.memory.accused_at.find(worker.name);
  if (found == context.memory.accused_at.end()) return std::nullopt;
  return worker.last_heartbeat <= found->second ? std::optional(found->second) : std::nullopt;
}

Seat Gone(std::string why, bool trainer_died = false, bool leaving = false) {
  Seat seat;
  seat.status = SeatStatus::kGone;
  seat.why_gone = std::move(why);
  seat.trainer_died = trainer_died;
  seat.leaving = leaving;
  return seat;
}

Seat Unable(const TrainerReport& report) {
  const std::string what = report.began() ? "could not go on" : "could not begin";
  Seat seat = Gone("it " + what);
  seat.had_begun = report.began();
  seat.unable =
      Concat(what, ": ", report.reason().empty() ? "it did not say why" : report.reason());
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

bool IsFailed(const TrainerReport& report, const std::string& job_uid) {
  return report.state() == TrainerReport::STATE_FAILED && report.job_uid() == job_uid;
}

SeatStatus StatusOf(const WorkerView& worker, const v1::Gang& gang, const std::string& job_uid) {
  const TrainerReport& report = worker.report;
  if (IsFailed(report, job_uid)) return SeatStatus::kFailed;
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

std::string AddressOf(const std::string& name, const v1::Gang& gang) {
  for (const v1::GangSeat& seat : gang.seats()) {
    if (seat.member().name() == name) return seat.member().peer_address();
  }
  return "no member";
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
  const auto missed_since = MissedSince(worker, context);
  if (missed_since && context.now - *missed_since > context.options.accusation_grace) {
    return Gone("its peers lost it and it is silent");
  }
  const TrainerReport& report = worker.report;
  if (report.state() == TrainerReport::STATE_ABSENT ||
      report.incarnation() != seat.trainer_incarnation()) {
    const bool says_why = report.state() == TrainerReport::STATE_ABSENT && !report.reason().empty();
    return Gone(says_why ? report.reason() : "its trainer process ended", /*trainer_died=*/true,
                worker.leaving);
  }
  if (IsFailed(report, job_uid) && (!report.began() || report.own_trouble())) return Unable(report);
  Seat result;
  result.worker = &worker;
  result.leaving = worker.leaving;
  result.status = StatusOf(worker, gang, job_uid);
  // What it said before it was missed may be its last word: the next generation waits for another.
  const bool of_this_generation = report.generation() == gang.generation();
  if (missed_since && result.status == SeatStatus::kStopped && !of_this_generation) {
    result.status = SeatStatus::kWaiting;
  }
  return result;
}

std::string WhyStopped(const Seat& seat) {
  const TrainerReport& report = seat.worker->report;
  if (!report.reason().empty()) return report.reason();
  if (report.suspects().empty()) return "it did not say why";
  return Concat("it lost ", Join({report.suspects().begin(), report.suspects().end()}, ", "));
}

std::string DescribeUnreached(const v1::Gang& gang, const std::vector<Seat>& seats) {
  std::vector<std::string> parts;
  for (const Seat& seat : seats) {
    if (seat.status != SeatStatus::kStopped) continue;
    std::vector<std::string> others;
    for (const std::string& name : seat.worker->report.suspects()) {
      others.push_back(Concat(name, " (", AddressOf(name, gang), ")"));
    }
    if (others.empty()) continue;  // it stopped for a reason of its own, which may pass
    parts.push_back(Concat(seat.worker->name, " could not reach ", Join(others, ", ")));
  }
  return Join(parts, "; ");
}

}  // namespace gvsl::coordinator
