#include "coordinator/gang.h"

#include <algorithm>

#include "common/text.h"
#include "coordinator/gang_seat.h"
#include "coordinator/task_rules.h"

namespace gvsl::coordinator {
namespace {

using v1::Gang;
using v1::GangSeat;
using v1::TrainerReport;
using Verdict = GangDecision::Verdict;

class Machine {
 public:
  Machine(TimePoint now, const v1::StoredJob& job, const GangMemory& memory,
          const WorkerViews& workers, TimePoint adopt_until, const GangOptions& options)
      : now_(now), job_(job), workers_(workers), adopt_until_(adopt_until), options_(options) {
    decision_.gang = job.gang();
    decision_.memory = memory;
  }

  GangDecision Run() {
    RememberAccusations();
    const SeatContext context{now_, adopt_until_, options_, decision_.memory, workers_};
    for (GangSeat& seat : *gang().mutable_seats()) {
      seats_.push_back(LookAtSeat(seat, gang(), uid(), context));
      if (seats_.back().leaving) seat.set_leaving(true);
    }
    if (Failed() || Succeeded() || AwaitsLastCheckpoint()) return decision_;
    NoteLosses();
    if (gang().phase() != Gang::PHASE_STOPPING) {
      Continue();
    } else {
      Stop();
    }
    return decision_;
  }

 private:
  Gang& gang() { return decision_.gang; }
  const std::string& uid() const { return job_.job().uid(); }

  void Decide(Verdict verdict, std::string sentence) {
    decision_.verdict = verdict;
    decision_.sentence = std::move(sentence);
  }

  void AddEvent(const std::string& type, const std::string& message, const std::string& worker) {
    v1::JobEvent event;
    event.set_type(type);
    event.set_message(message);
    event.set_generation(gang().generation());
    event.set_step(job_.job().step());
    event.set_worker(worker);
    decision_.events.push_back(std::move(event));
  }

  const WorkerView* Worker(const std::string& name) const {
    const auto found = workers_.find(name);
    return found == workers_.end() ? nullptr : &found->second;
  }

  bool SpeaksOfThisGeneration(const TrainerReport& report) {
    return report.job_uid() == uid() && report.generation() == gang().generation();
  }

  bool IsMember(const std::string& name) {
    return std::any_of(gang().seats().begin(), gang().seats().end(),
                       [&](const GangSeat& seat) { return seat.member().name() == name; });
  }

  void RememberAccusations() {
    for (const GangSeat& seat : gang().seats()) {
      const WorkerView* worker = Worker(seat.member().name());
      if (worker == nullptr || worker->incarnation != seat.incarnation() ||
          !SpeaksOfThisGeneration(worker->report)) {
        continue;
      }
      for (const std::string& suspect : worker->report.suspects()) {
        if (IsMember(suspect)) decision_.memory.accused_at.try_emplace(suspect, now_);
      }
    }
  }

  bool Failed() {
    for (int rank = 0; rank < gang().seats_size(); ++rank) {
      if (seats_[rank].status != SeatStatus::kFailed) continue;
      const std::string& name = gang().seats(rank).member().name();
      Decide(Verdict::kFailed,
             Concat("worker ", name, " failed: ", seats_[rank].worker->report.reason()));
      return true;
    }
    return false;
  }

  std::uint64_t NewestCheckpoint() const {
    const auto& checkpoints = job_.job().checkpoints();
    return checkpoints.empty() ? 0 : checkpoints.rbegin()->step();
  }

  bool Succeeded() {
    const SeatStatus writer = seats_[0].status;
    if (writer != SeatStatus::kFinished && writer != SeatStatus::kGone) return false;
    if (NewestCheckpoint() < job_.job().steps()) return false;
    // The last checkpoint has the weights of a task, and not what they are worth on its test part:
    // whoever goes on from it measures that.
    const bool is_measured =
        !IsDownstream(job_.job().spec().task()) || !job_.job().result().empty();
    if (writer == SeatStatus::kGone && !is_measured) return false;
    Decide(Verdict::kSucceeded, Concat("all ", job_.job().steps(), " steps are done"));
    return true;
  }

  // Its worker brings the report, as long as it lives; what becomes of the others no longer
  // matters.
  bool AwaitsLastCheckpoint() const { return seats_[0].status == SeatStatus::kFinished; }

  bool SettledFor(Duration duration) {
    if (!decision_.memory.settled_at) decision_.memory.settled_at = now_;
    return now_ - *decision_.memory.settled_at >= duration;
  }

  void NoteLosses() {
    for (int rank = 0; rank < gang().seats_size(); ++rank) {
      GangSeat& seat = *gang().mutable_seats(rank);
      if (seats_[rank].status != SeatStatus::kGone || seat.lost()) continue;
      seat.set_lost(true);
      NoteLoss(seat, seats_[rank]);
    }
  }

  void NoteLoss(const v1::GangSeat& lost, const Seat& seat) {
    const std::string& name = lost.member().name();
    if (!seat.unable.empty()) {
      NoteUnable(lost, seat.unable, seat.had_begun);
    } else if (seat.leaving) {
      AddEvent("WORKER_LEFT", Concat("worker ", name, " left"), name);
      OrderStop(gang(), v1::StopOrder::MODE_NOW, Concat("worker ", name, " left"));
    } else {
      const std::string cause = Concat("worker ", name, " was lost: ", seat.why_gone);
      AddEvent("WORKER_LOST", cause, name);
      if (seat.trainer_died) gang().set_trainer_died(true);
      OrderStop(gang(), v1::StopOrder::MODE_NOW, cause);
      gang().set_stop_cause(cause);
    }
    // Whom a dead worker's peers could not reach says nothing.
    if (!seat.trainer_died || seat.leaving) gang().clear_unreached();
    gang().set_stop_mode(v1::StopOrder::MODE_NOW);
    gang().set_stops_for_pause(false);  // nobody writes now
    decision_.memory.settled_at.reset();
  }

  void NoteUnable(const v1::GangSeat& seat, const std::string& reason, bool had_begun) {
    const std::string& name = seat.member().name();
    const std::string cause = Concat("worker ", name, " ", reason);
    AddEvent("WORKER_UNABLE", cause, name);
    OrderStop(gang(), v1::StopOrder::MODE_NOW, cause);
    gang().set_stop_cause(cause);
    v1::UnableWorker& unable = decision_.unable.emplace_back();
    unable.set_name(name);
    unable.set_incarnation(seat.incarnation());
    unable.set_reason(reason);
    unable.set_had_begun(had_begun);
  }

  int FirstRank(SeatStatus status) const {
    for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
      if (seats_[rank].status == status) return static_cast<int>(rank);
    }
    return -1;
  }

  int FirstLeaving() const {
    for (std::size_t rank = 0; rank < seats_.size(); ++rank) {
      if (seats_[rank].leaving) return static_cast<int>(rank);
    }
    return -1;
  }

  // It has not even taken up the generation.
  bool HoldsNothing(int rank) const {
    const Seat& seat = seats_[static_cast<std::size_t>(rank)];
    return seat.status == SeatStatus::kWaiting && seat.worker != nullptr &&
           !seat.worker->report.holds_state();
  }

  std::string NameOf(int rank) { return gang().seats(rank).member().name(); }

  std::size_t Wanted() const {
    const auto& spec = job_.job().spec();
    return std::min(spec.workers().max(), spec.slots());
  }

  bool Trains() const {
    return std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) {
      return seat.status == SeatStatus::kFinished ||
             (seat.status == SeatStatus::kActive &&
              seat.worker->report.state() == TrainerReport::STATE_RUNNING);
    });
  }

  void Continue() {
    const bool forming = gang().phase() == Gang::PHASE_FORMING;
    const int leaving = FirstLeaving();
    if (leaving >= 0 && !forming) {
      OrderStop(gang(), v1::StopOrder::MODE_CHECKPOINT,
                Concat("worker ", NameOf(leaving), " leaves"));
    } else if (leaving >= 0 && (NewestCheckpoint() >= HighestHeldStep() || HoldsNothing(leaving))) {
      OrderStop(gang(), v1::StopOrder::MODE_NOW, Concat("worker ", NameOf(leaving), " leaves"));
    } else if (const int stopped = FirstRank(SeatStatus::kStopped); stopped >= 0) {
      OrderStop(gang(), v1::StopOrder::MODE_NOW,
                Concat("worker ", NameOf(stopped), " stopped: ", WhyStopped(seats_[stopped])));
      gang().set_unreached(DescribeUnreached(gang(), seats_));
    } else if (forming) {
      if (Trains()) {
        gang().set_phase(Gang::PHASE_RUNNING);
      } else if (Pauses() && NewestCheckpoint() >= HighestHeldStep()) {
        OrderStop(gang(), v1::StopOrder::MODE_NOW, "somebody asked for a pause");
      }
    } else if (Pauses()) {
      OrderStop(gang(), v1::StopOrder::MODE_CHECKPOINT, "somebody asked for a pause");
      gang().set_stops_for_pause(true);
    } else if (gang().saves()) {
      OrderStop(gang(), v1::StopOrder::MODE_CHECKPOINT, "too few workers are left");
    } else if (seats_.size() > Wanted()) {
      OrderStop(gang(), v1::StopOrder::MODE_AT_STEP_BOUNDARY,
                Concat("the job was scaled down to ", Wanted(), " workers"));
    }
  }

  std::uint32_t MinWorkers() const { return job_.job().spec().workers().min(); }
  bool Pauses() const { return job_.wish() == v1::StoredJob::WISH_PAUSE; }

  bool AllStopped() const {
    return std::all_of(seats_.begin(), seats_.end(), [](const Seat& seat) {
      return seat.status == SeatStatus::kGone || seat.status == SeatStatus::kStopped ||
             seat.status == SeatStatus::kFinished;
    });
  }

  // With `staying`, only of those that do not leave.
  std::uint64_t HighestHeldStep(bool staying = false) const {
    std::uint64_t step = 0;
    for (const Seat& seat : seats_) {
      if (seat.worker == nullptr || !seat.worker->report.holds_state()) continue;
      if (!staying || !seat.leaving) {
        step = std::max<std::uint64_t>(step, seat.worker->report.step());
      }
    }
    return step;
  }

  void Stop() {
    if (!AllStopped()) {
      decision_.memory.settled_at.reset();
      return;
    }
    const bool checkpoint_is_there = NewestCheckpoint() >= HighestHeldStep();
    if (gang().stop_mode() == v1::StopOrder::MODE_CHECKPOINT && !checkpoint_is_there &&
        job_.checkpoint_error().empty() && !SettledFor(options_.checkpoint_grace)) {
      return;
    }
    if (!gang().static_gang().empty()) {
      EndStatic(checkpoint_is_there);
    } else if (Pauses()) {
      EndForPause(checkpoint_is_there);
    } else if (!checkpoint_is_there && LeaversHoldMore()) {
      // Again and again, for as long as they have time.
      Decide(Verdict::kSave, gang().stop_cause());
    } else if (Survivors(gang(), workers_).size() < std::max(1U, MinWorkers())) {
      EndShortage(checkpoint_is_there);
    } else {
      Decide(Verdict::kReform, gang().stop_cause());
    }
  }

  // MPI knows no second generation with fewer ranks, and this one was the launch's only one.
  void EndStatic(bool checkpoint_is_there) {
    if (Pauses()) {
      Decide(Verdict::kPaused, PauseSentence(checkpoint_is_there));
    } else {
      Decide(Verdict::kRequeue, gang().stop_cause());
    }
  }

  // A step that nobody has who stays.
  bool LeaversHoldMore() const {
    return HighestHeldStep(/*staying=*/true) < HighestHeldStep() &&
           !LivingMembers(decision_.gang, workers_).empty();
  }

  void EndForPause(bool checkpoint_is_there) {
    // A gang that broke before its first step would break again.
    const bool broke = gang().trainer_died() || !gang().unreached().empty();
    const bool may_try_again = !gang().stops_for_pause() &&
                               !LivingMembers(gang(), workers_).empty() &&
                               (!broke || job_.job().step() > job_.formed_at_step());
    if (checkpoint_is_there || !may_try_again) {
      Decide(Verdict::kPaused, PauseSentence(checkpoint_is_there));
    } else {
      Decide(Verdict::kSave, gang().stop_cause());
    }
  }

  // What they hold is not given up, and they are not kept from other jobs for ever.
  void EndShortage(bool checkpoint_is_there) {
    const bool refused = gang().saves() && gang().stop_mode() == v1::StopOrder::MODE_CHECKPOINT;
    if (Survivors(gang(), workers_).empty()) {
      Decide(Verdict::kRequeue, gang().stop_cause());
    } else if (checkpoint_is_there && (gang().saves() || SettledFor(options_.shortage_grace))) {
      Decide(Verdict::kRequeue, "too few workers were left");
    } else if (!checkpoint_is_there &&
               (refused ? SettledFor(options_.save_retry)
                        : gang().saves() || SettledFor(options_.shortage_grace))) {
      Decide(Verdict::kSave, gang().stop_cause());
    } else {
      Decide(Verdict::kReform, gang().stop_cause());
    }
  }

  std::string PauseSentence(bool checkpoint_is_there) const {
    if (checkpoint_is_there) {
      if (NewestCheckpoint() == 0) return "paused before its first step";
      return Concat("paused; it goes on from the checkpoint of step ", NewestCheckpoint());
    }
    std::string why = job_.checkpoint_error();
    if (why.empty()) why = gang_stop_cause();
    return Concat("paused without a new checkpoint (", why, "); it goes on from step ",
                  NewestCheckpoint());
  }
  const std::string& gang_stop_cause() const { return decision_.gang.stop_cause(); }

  const TimePoint now_;
  const v1::StoredJob& job_;
  const WorkerViews& workers_;
  const TimePoint adopt_until_;
  const GangOptions& options_;
  GangDecision decision_;
  std::vector<Seat> seats_;
};

}  // namespace

GangDecision AdvanceGang(TimePoint now, const v1::StoredJob& job, const GangMemory& memory,
                         const WorkerViews& workers, TimePoint adopt_until,
                         const GangOptions& options) {
  return Machine(now, job, memory, workers, adopt_until, options).Run();
}

void OrderStop(v1::Gang& gang, v1::StopOrder::Mode mode, const std::string& cause) {
  if (gang.phase() == v1::Gang::PHASE_STOPPING) return;
  gang.set_phase(v1::Gang::PHASE_STOPPING);
  gang.set_stop_mode(mode);
  gang.set_stop_cause(cause);
}

std::vector<std::string> Survivors(const v1::Gang& gang, const WorkerViews& workers) {
  std::vector<std::string> names = LivingMembers(gang, workers);
  std::erase_if(names, [&](const std::string& name) { return workers.at(name).leaving; });
  return names;
}

std::vector<std::string> LivingMembers(const v1::Gang& gang, const WorkerViews& workers) {
  std::vector<std::string> names;
  for (const v1::GangSeat& seat : gang.seats()) {
    const auto worker = workers.find(seat.member().name());
    if (seat.lost() || worker == workers.end()) continue;
    const WorkerView& view = worker->second;
    if (view.incarnation == seat.incarnation() &&
        view.report.incarnation() == seat.trainer_incarnation() &&
        view.report.state() != v1::TrainerReport::STATE_ABSENT) {
      names.push_back(view.name);
    }
  }
  return names;
}

}  // namespace gvsl::coordinator
