// What an agent does next, as a pure state machine: directives, reports and deaths of the trainer,
// and the wish to leave go in; commands, starts and kills come out. Time is an argument.
//
// Fences. An assignment is given to one trainer process only: the one whose peer address it names,
// and never twice. Only an answer of the coordinator that says "no assignment" takes a job away;
// silence changes nothing.
//
// A member of a static gang has one trainer, which serves one job: the agent ends with it, or when
// the coordinator takes the job away or dismisses the gang.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "gvsl/v1/trainer_pipe.pb.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::agent {

struct AgentTiming {
  // A trainer that does not obey a stop NOW or take an assignment in time is killed. The limit is
  // never below a few of its own slots: a computation that has begun is not a hang.
  Duration obey = std::chrono::seconds(3);
  double obey_slots = 4;
  // The limit for a trainer that holds a state but never finished a step, so that nobody knows how
  // long its slots take. Killing it might lose the only copy.
  Duration obey_unmeasured = std::chrono::seconds(30);
  Duration exit = std::chrono::seconds(3);  // from the exit order to SIGKILL
  // Likewise where the ranks of a static gang leave MPI together: all must have heard of it.
  Duration exit_together = std::chrono::seconds(20);
  Duration start = std::chrono::seconds(60);  // from the start to the first report
  // From SIGKILL to the end of the process. One that takes longer (uninterruptible sleep) is
  // abandoned: it counts as dead, and another takes its place.
  Duration end = std::chrono::seconds(1);
  // A trainer that computes and gives no sign for so long hangs; never below so many of its own
  // steps. A trainer that waits for its peers gives no sign, and is left alone.
  Duration hang = std::chrono::seconds(30);
  double hang_steps = 20;
  Duration hang_unmeasured = std::chrono::minutes(15);  // before its first measured step
  Duration hang_storage =
      std::chrono::minutes(10);  // while it writes a checkpoint or reads samples
  // The pause before a trainer that died before its first report is started again; doubles.
  Duration first_backoff = std::chrono::milliseconds(100);
  Duration longest_backoff = std::chrono::seconds(5);
  Duration drain = std::chrono::seconds(25);    // for the trainer to stop once the agent leaves
  Duration farewell = std::chrono::seconds(2);  // for the last report to reach the coordinator
  // Deaths in a row before the first report ever came: the installation is broken.
  int hopeless_starts = 5;
};

// What to do now, in this order.
struct Decision {
  bool abandon_trainer = false;  // it does not end: forget it, without waiting
  bool start_trainer = false;
  std::vector<v1::TrainerCommand> commands;
  std::string kill_reason;        // not empty: kill the trainer, and say why
  std::optional<TimePoint> wake;  // decide again then, if nothing happened before
  void WakeAt(TimePoint time) { wake = wake && *wake < time ? wake : time; }
};

// Not thread-safe.
class AgentState {
 public:
  explicit AgentState(AgentTiming timing = {}, bool static_gang = false)
      : timing_(timing), static_gang_(static_gang) {
    SetAbsent("");
  }

  // --- what happened ---
  void TrainerStarted(TimePoint now);
  void TrainerReported(const v1::TrainerReport& report, TimePoint now);
  void TrainerActive(v1::Activity activity, TimePoint now);
  // `how`: "exit status 1", "signal 9 (Killed)".
  void TrainerDied(const std::string& how, TimePoint now);
  // The trainer has this step of its job on disk.
  void CheckpointWritten(std::uint64_t step);
  // Whether the trainer waits for its dataset. True where that is news.
  bool DatasetIsAway(bool away);
  void DirectiveArrived(const v1::Directive& directive);
  void Leave(TimePoint now);  // the first SIGTERM
  void LeaveAtOnce();         // the second
  // The coordinator holds everything that this agent has to say (the current report, the leaving
  // flag, checkpoints, logs).
  void SetDelivered(bool delivered) { delivered_ = delivered; }

  // --- what follows ---
  Decision Decide(TimePoint now);

  // The report for the next heartbeat; never UNSPECIFIED, with the trainer's incarnation.
  const v1::TrainerReport& report() const { return report_; }
  // Rises whenever the coordinator should hear at once: not with each step.
  std::uint64_t news() const { return news_; }
  bool leaving() const { return leave_time_.has_value(); }
  // Whose job the trainer serves; empty: none.
  const std::string& job_uid() const { return served_.job_uid; }
  std::uint64_t generation() const { return served_.generation; }
  // Trainer processes that ended without being asked to.
  std::uint64_t deaths() const { return deaths_; }
  bool trainer_ready() const { return process_ && reported_; }
  // The agent may end: it left, or (`hopeless`) its trainer cannot be started at all.
  bool gone() const { return gone_; }
  bool drained() const { return drained_; }
  bool hopeless() const { return hopeless_; }
  // With what a member of a static gang ends (Agent::Run).
  Status GangEnd() const;

 private:
  struct Served {
    std::string job_uid;
    std::uint64_t generation = 0;
    int slots = 0;
  };
  enum class Order { kNone, kStart, kAssignment, kStopNow, kExit };

  void SetAbsent(const std::string& reason);
  void EndWithTrainer(TimePoint now, Decision& decision);
  void FollowDirective(TimePoint now, Decision& decision);
  void FollowStop(TimePoint now, Decision& decision);
  void DecideLeaving(TimePoint now, Decision& decision);
  void CheckOrder(TimePoint now, Decision& decision);
  void CheckSigns(TimePoint now, Decision& decision);
  void CheckEnd(TimePoint now, Decision& decision);
  void Send(const v1::Assignment& assignment, TimePoint now, Decision& decision);
  void SendStop(v1::StopOrder::Mode mode, TimePoint now, Decision& decision);
  void SendExit(TimePoint now, Decision& decision);
  void Kill(std::string reason, TimePoint now, Decision& decision);
  void Expect(Order order, TimePoint until);
  bool Takes(const v1::Assignment& assignment) const;
  bool OutOfGeneration() const;  // the trainer has nothing to stop
  // The trainer is stopped with a step that it has not written, and the coordinator has not let it
  // go: what it holds may be all that there is.
  bool IsAwaited() const;
  bool Obeyed() const;
  Duration ObeyLimit() const;
  Duration HangLimit() const;

  AgentTiming timing_;
  const bool static_gang_;
  std::optional<v1::Directive> directive_;

  bool process_ = false;
  bool reported_ = false;  // this process has
  bool killed_ = false;    // and its end has not come yet
  TimePoint killed_at_;
  std::string kill_reason_;
  v1::Activity activity_ = v1::ACTIVITY_UNSPECIFIED;
  TimePoint last_sign_;
  std::uint64_t incarnation_ = 1;
  v1::TrainerReport report_;
  std::uint64_t news_ = 1;
  Served served_;                   // by this process
  std::uint64_t written_step_ = 0;  // by the present trainer
  Served last_given_;               // to any process
  v1::StopOrder::Mode sent_stop_ = v1::StopOrder::MODE_UNSPECIFIED;
  Order order_ = Order::kNone;
  TimePoint order_until_;

  bool ever_reported_ = false;
  int failed_starts_ = 0;
  std::uint64_t deaths_ = 0;
  TimePoint start_at_;

  std::optional<TimePoint> leave_time_;
  std::optional<TimePoint> farewell_until_;
  bool leave_at_once_ = false;
  bool delivered_ = false;
  bool gone_ = false;
  bool drained_ = false;
  bool hopeless_ = false;
  bool trainer_ended_ = false;  // of a static gang: its only one has
  std::string trainer_end_;     // why, where nobody asked for it
};

// "RUNNING" for STATE_RUNNING.
std::string TrainerStateName(v1::TrainerReport::State state);

}  // namespace gvsl::agent
