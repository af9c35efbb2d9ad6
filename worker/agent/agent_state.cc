#include "worker/agent/agent_state.h"

#include <algorithm>
#include <utility>

#include "common/text.h"

namespace gvsl::agent {
namespace {

bool SameNews(const v1::TrainerReport& a, const v1::TrainerReport& b) {
  return a.state() == b.state() && a.peer_address() == b.peer_address() &&
         a.job_uid() == b.job_uid() && a.generation() == b.generation() &&
         a.holds_state() == b.holds_state() && a.reason() == b.reason() &&
         a.quarantine_size() == b.quarantine_size() && a.dataset_away() == b.dataset_away() &&
         std::equal(a.suspects().begin(), a.suspects().end(), b.suspects().begin(),
                    b.suspects().end());
}

bool IsOut(v1::TrainerReport::State state) {
  return state == v1::TrainerReport::STATE_STOPPED || state == v1::TrainerReport::STATE_FINISHED ||
         state == v1::TrainerReport::STATE_FAILED;
}

}  // namespace

std::string TrainerStateName(v1::TrainerReport::State state) {
  const std::string name = v1::TrainerReport::State_Name(state);
  return name.rfind("STATE_", 0) == 0 ? name.substr(6) : name;
}

void AgentState::SetAbsent(const std::string& reason) {
  report_.Clear();
  report_.set_state(v1::TrainerReport::STATE_ABSENT);
  report_.set_incarnation(incarnation_);
  report_.set_reason(reason);
  ++news_;
}

void AgentState::TrainerStarted(TimePoint now) {
  process_ = true;
  reported_ = false;
  killed_ = false;
  kill_reason_.clear();
  last_sign_ = now;
  Expect(Order::kStart, now + timing_.start);
}

void AgentState::TrainerReported(const v1::TrainerReport& report, TimePoint now) {
  if (!process_) return;
  last_sign_ = now;
  if (report.state() != report_.state() || report.generation() != report_.generation()) {
    activity_ = v1::ACTIVITY_COMPUTING;
  }
  reported_ = ever_reported_ = true;
  failed_starts_ = 0;
  v1::TrainerReport next = report;
  next.set_incarnation(incarnation_);
  next.set_dataset_away(report_.dataset_away() && next.state() == v1::TrainerReport::STATE_RUNNING);
  if (!SameNews(next, report_)) ++news_;
  report_ = std::move(next);
  if (order_ != Order::kNone && Obeyed()) order_ = Order::kNone;
}

void AgentState::TrainerActive(v1::Activity activity, TimePoint now) {
  if (!process_) return;
  activity_ = activity;
  last_sign_ = now;
}

void AgentState::TrainerDied(const std::string& how, TimePoint now) {
  const bool asked = order_ == Order::kExit;
  if (!asked) ++deaths_;
  if (!reported_) ++failed_starts_;
  start_at_ = now;
  if (failed_starts_ > 0) {
    const int doublings = std::min(failed_starts_ - 1, 20);
    start_at_ += std::min(timing_.first_backoff * (1 << doublings), timing_.longest_backoff);
  }
  hopeless_ = !ever_reported_ && failed_starts_ >= timing_.hopeless_starts;
  process_ = reported_ = killed_ = false;
  served_ = {};
  written_step_ = 0;
  sent_stop_ = v1::StopOrder::MODE_UNSPECIFIED;
  order_ = Order::kNone;
  trainer_ended_ = true;
  if (asked && (leaving() || static_gang_)) return;  // the coordinator keeps what it was told last
  ++incarnation_;
  std::string why = Concat("the trainer ended: ", how);
  if (!kill_reason_.empty()) why += Concat("; its agent killed it: ", kill_reason_);
  trainer_end_ = why;
  SetAbsent(asked ? "" : why);
}

void AgentState::CheckpointWritten(std::uint64_t step) {
  written_step_ = std::max(written_step_, step);
}

bool AgentState::DatasetIsAway(bool away) {
  if (report_.dataset_away() == away || report_.state() != v1::TrainerReport::STATE_RUNNING) {
    return false;
  }
  report_.set_dataset_away(away);
  ++news_;
  return true;
}

void AgentState::DirectiveArrived(const v1::Directive& directive) { directive_ = directive; }

void AgentState::Leave(TimePoint now) {
  if (leave_time_) return;
  leave_time_ = now;
  ++news_;
}

void AgentState::LeaveAtOnce() { leave_at_once_ = true; }

Decision AgentState::Decide(TimePoint now) {
  Decision decision;
  if (process_ && killed_) CheckEnd(now, decision);
  if (leave_time_) {
    DecideLeaving(now, decision);
  } else if (static_gang_ && trainer_ended_) {
    EndWithTrainer(now, decision);
  } else if (hopeless_) {
    gone_ = true;
  } else if (!process_) {
    if (now >= start_at_) {
      decision.start_trainer = true;
    } else {
      decision.WakeAt(start_at_);
    }
  } else if (!killed_) {
    FollowDirective(now, decision);
  }
  if (process_ && !killed_) CheckOrder(now, decision);
  if (process_ && !killed_) CheckSigns(now, decision);
  return decision;
}

// The coordinator should hear the culprit's name before the launcher ends everybody.
void AgentState::EndWithTrainer(TimePoint now, Decision& decision) {
  if (!farewell_until_) farewell_until_ = now + timing_.farewell;
  if (!trainer_end_.empty() && !delivered_ && now < *farewell_until_) {
    return decision.WakeAt(*farewell_until_);
  }
  gone_ = true;
}

Status AgentState::GangEnd() const {
  if (directive_ && directive_->has_dismissal()) {
    const v1::Dismissal& end = directive_->dismissal();
    if (end.job_state() == v1::JOB_STATE_SUCCEEDED) return OkStatus();
    const std::string name = v1::JobState_Name(end.job_state());
    std::string text = Concat("job ", end.job_name(), " is ",
                              name.substr(std::string("JOB_STATE_").size()), ": ", end.reason());
    if (end.job_state() == v1::JOB_STATE_QUEUED) {
      return UnavailableError(text + "; another launch goes on from its newest checkpoint");
    }
    return AbortedError(std::move(text));
  }
  if (leaving()) return UnavailableError("the gang was told to leave before its job was done");
  if (!trainer_end_.empty()) return UnavailableError(trainer_end_);
  return UnavailableError("the coordinator took the job away");
}

void AgentState::FollowDirective(TimePoint now, Decision& decision) {
  if (!directive_ || order_ == Order::kExit) return;
  if (directive_->has_dismissal() && static_gang_) return SendExit(now, decision);
  const bool serves = !served_.job_uid.empty();
  if (!directive_->has_assignment() ||
      (serves && served_.job_uid != directive_->assignment().job_uid())) {
    if (serves) SendExit(now, decision);
    return;
  }
  const v1::Assignment& assignment = directive_->assignment();
  const bool ended =
      directive_->has_stop() && directive_->stop().generation() == assignment.generation();
  const bool fresh = serves ? assignment.generation() > served_.generation : Takes(assignment);
  if (fresh && !ended && (!leaving() || serves)) {
    Send(assignment, now, decision);
  } else {
    FollowStop(now, decision);
  }
}

void AgentState::FollowStop(TimePoint now, Decision& decision) {
  if (!directive_->has_stop() || OutOfGeneration()) return;
  if (directive_->stop().generation() != served_.generation) return;
  if (directive_->stop().mode() > sent_stop_) SendStop(directive_->stop().mode(), now, decision);
}

void AgentState::DecideLeaving(TimePoint now, Decision& decision) {
  const TimePoint end = *leave_time_ + timing_.drain;
  if (leave_at_once_ || now >= end) {
    gone_ = true;
    drained_ = OutOfGeneration();
    if (process_ && !killed_) Kill("the agent leaves at once", now, decision);
    return;
  }
  decision.WakeAt(end);
  if (process_ && (!OutOfGeneration() || IsAwaited()) && order_ != Order::kExit) {
    if (killed_) return;
    FollowDirective(now, decision);
    if (order_ != Order::kExit && !OutOfGeneration() &&
        sent_stop_ < v1::StopOrder::MODE_CHECKPOINT) {
      SendStop(v1::StopOrder::MODE_CHECKPOINT, now, decision);
    }
    return;
  }
  if (!farewell_until_) farewell_until_ = now + timing_.farewell;
  if (!delivered_ && now < *farewell_until_) return decision.WakeAt(*farewell_until_);
  if (!process_) {
    gone_ = drained_ = true;
  } else if (order_ != Order::kExit && !killed_) {
    SendExit(now, decision);
  }
}

void AgentState::Send(const v1::Assignment& assignment, TimePoint now, Decision& decision) {
  *decision.commands.emplace_back().mutable_assignment() = assignment;
  const auto rank = static_cast<int>(assignment.rank());
  const int slots = rank < assignment.members_size() ? assignment.members(rank).slots_size() : 0;
  served_ = last_given_ = {assignment.job_uid(), assignment.generation(), slots};
  sent_stop_ = v1::StopOrder::MODE_UNSPECIFIED;
  Expect(Order::kAssignment, now + ObeyLimit());
}

void AgentState::SendStop(v1::StopOrder::Mode mode, TimePoint now, Decision& decision) {
  v1::StopOrder& stop = *decision.commands.emplace_back().mutable_stop();
  stop.set_generation(served_.generation);
  stop.set_mode(mode);
  sent_stop_ = mode;
  if (mode == v1::StopOrder::MODE_NOW) Expect(Order::kStopNow, now + ObeyLimit());
}

void AgentState::SendExit(TimePoint now, Decision& decision) {
  const bool together =
      static_gang_ && directive_ && directive_->dismissal().job_state() == v1::JOB_STATE_SUCCEEDED;
  decision.commands.emplace_back().mutable_exit()->set_together(together);
  Expect(Order::kExit, now + (together ? timing_.exit_together : timing_.exit));
}

bool AgentState::Takes(const v1::Assignment& assignment) const {
  if (report_.state() != v1::TrainerReport::STATE_IDLE) return false;
  if (assignment.job_uid() == last_given_.job_uid &&
      assignment.generation() <= last_given_.generation) {
    return false;
  }
  if (assignment.rank() >= static_cast<std::uint32_t>(assignment.members_size())) return false;
  return assignment.members(static_cast<int>(assignment.rank())).peer_address() ==
         report_.peer_address();
}

bool AgentState::IsAwaited() const {
  return report_.holds_state() && report_.state() == v1::TrainerReport::STATE_STOPPED &&
         report_.step() > written_step_ && directive_ &&
         directive_->assignment().job_uid() == served_.job_uid;
}

bool AgentState::OutOfGeneration() const {
  if (served_.job_uid.empty()) return true;
  return report_.generation() == served_.generation && IsOut(report_.state());
}

}  // namespace gvsl::agent
