// How long an agent waits for its trainer to obey, to give a sign, and to end.
#include <algorithm>
#include <utility>

#include "common/text.h"
#include "worker/agent/agent_state.h"

namespace gvsl::agent {

void AgentState::CheckOrder(TimePoint now, Decision& decision) {
  if (order_ == Order::kNone) return;
  if (now < order_until_) return decision.WakeAt(order_until_);
  static constexpr const char* kWhat[] = {"", "give a sign after its start", "take its assignment",
                                          "stop", "exit"};
  Kill(Concat("the trainer did not ", kWhat[static_cast<int>(order_)], " in time"), now, decision);
}

void AgentState::CheckSigns(TimePoint now, Decision& decision) {
  const bool trains = report_.state() == v1::TrainerReport::STATE_FORMING ||
                      report_.state() == v1::TrainerReport::STATE_RUNNING;
  if (!trains) return;
  const Duration limit = HangLimit();
  const TimePoint until = (activity_ == v1::ACTIVITY_WAITING ? now : last_sign_) + limit;
  if (now < until) return decision.WakeAt(until);
  if (now >= until + timing_.end) {  // the agent itself stood still, and the trainer maybe with it
    last_sign_ = now;
    return decision.WakeAt(now + limit);
  }
  const bool writes = activity_ == v1::ACTIVITY_CHECKPOINTING;
  const bool reads = activity_ == v1::ACTIVITY_READING;
  Kill(Concat("it gave no sign for ", ToSeconds(limit), " s while it ",
              writes  ? "wrote a checkpoint"
              : reads ? "read samples"
                      : "computed"),
       now, decision);
}

void AgentState::CheckEnd(TimePoint now, Decision& decision) {
  const TimePoint until = killed_at_ + timing_.end;
  if (now < until) return decision.WakeAt(until);
  decision.abandon_trainer = true;
  TrainerDied("it does not end, though it was killed", now);
}

void AgentState::Kill(std::string reason, TimePoint now, Decision& decision) {
  kill_reason_ = decision.kill_reason = std::move(reason);
  killed_ = true;
  killed_at_ = now;
  decision.WakeAt(now + timing_.end);
}

void AgentState::Expect(Order order, TimePoint until) {
  order_ = order;
  order_until_ = until;
}

bool AgentState::Obeyed() const {
  switch (order_) {
    case Order::kStart:
      return reported_;
    case Order::kAssignment:
      return report_.job_uid() == served_.job_uid && report_.generation() == served_.generation;
    case Order::kStopNow:
      return OutOfGeneration();
    default:
      return false;
  }
}

Duration AgentState::HangLimit() const {
  if (activity_ == v1::ACTIVITY_CHECKPOINTING || activity_ == v1::ACTIVITY_READING) {
    return timing_.hang_storage;
  }
  const v1::StepProgress& progress = report_.progress();
  const bool measured =
      report_.state() == v1::TrainerReport::STATE_RUNNING && progress.step_seconds() > 0;
  if (!measured) return timing_.hang_unmeasured;
  // The gang may have been larger when it was measured.
  const double step_seconds =
      std::max(progress.step_seconds(), served_.slots * progress.slot_seconds());
  return std::max(timing_.hang, FromSeconds(timing_.hang_steps * step_seconds));
}

Duration AgentState::ObeyLimit() const {
  if (!report_.holds_state()) return timing_.obey;
  const double slot_seconds = report_.progress().slot_seconds();
  if (slot_seconds <= 0) return std::max(timing_.obey, timing_.obey_unmeasured);
  return std::max(timing_.obey, FromSeconds(timing_.obey_slots * slot_seconds));
}

}  // namespace gvsl::agent
