#include "worker/trainer/pipe_reports.h"

#include <utility>

#include "common/log.h"
#include "common/text.h"
#include "gvsl/v1/trainer_pipe.pb.h"
#include "worker/trainer/pipe_messages.h"

namespace gvsl::trainer {
namespace {

constexpr Duration kProgressInterval = std::chrono::milliseconds(100);
constexpr Duration kDataInterval = std::chrono::seconds(1);

}  // namespace

void PipeReports::SendNumericClass(const std::string& name) {
  v1::TrainerEvent event;
  event.mutable_numeric_class()->set_name(name);
  (void)pipe_.Send(event.SerializeAsString());
}

void PipeReports::Idle(const std::string& peer_address) {
  const std::lock_guard lock(mutex_);
  report_.set_state(v1::TrainerReport::STATE_IDLE);
  report_.set_peer_address(peer_address);
  Send();
}

void PipeReports::Forming(const JobPlan& job, const GangPlan& gang,
                          std::optional<std::uint64_t> held_step) {
  const std::lock_guard lock(mutex_);
  report_.set_state(v1::TrainerReport::STATE_FORMING);
  report_.set_job_uid(job.uid);
  report_.set_generation(gang.generation);
  report_.clear_began();
  report_.clear_own_trouble();
  report_.clear_reason();
  report_.clear_suspects();
  report_.clear_curve();
  report_.clear_result();
  report_.clear_quarantine();
  members_ = gang.members.size();
  rank_ = gang.rank;
  Hold(held_step);
  Send();
}

void PipeReports::OnRunning(std::uint64_t step) {
  const std::lock_guard lock(mutex_);
  report_.set_state(v1::TrainerReport::STATE_RUNNING);
  report_.set_began(true);
  Hold(step);
  LogInfo("generation_formed", {{"job", report_.job_uid()},
                                {"generation", report_.generation()},
                                {"rank", rank_},
                                {"members", members_},
                                {"step", step}});
  Send();
}

void PipeReports::Failed(std::optional<std::uint64_t> held_step, const std::string& reason,
                         bool own_trouble) {
  const std::lock_guard lock(mutex_);
  report_.set_own_trouble(own_trouble);
  End(v1::TrainerReport::STATE_FAILED, held_step, reason, {});
}

void PipeReports::Ended(v1::TrainerReport::State state, std::optional<std::uint64_t> held_step,
                        const std::string& reason, const std::vector<std::string>& suspects) {
  const std::lock_guard lock(mutex_);
  End(state, held_step, reason, suspects);
}

void PipeReports::End(v1::TrainerReport::State state, std::optional<std::uint64_t> held_step,
                      const std::string& reason, const std::vector<std::string>& suspects) {
  if (data_is_news_) SendData();
  report_.set_state(state);
  report_.set_reason(reason);
  for (const std::string& suspect : suspects) report_.add_suspects(suspect);
  Hold(held_step);
  std::vector<LogField> fields = {
      {"job", report_.job_uid()}, {"generation", report_.generation()}, {"step", report_.step()}};
  if (!reason.empty()) fields.emplace_back("reason", reason);
  if (!suspects.empty()) fields.emplace_back("lost", Join(suspects, ","));
  if (state == v1::TrainerReport::STATE_FAILED) {
    LogError("generation_failed", fields);
  } else if (!suspects.empty()) {
    LogWarning("peers_lost", fields);
  } else {
    LogInfo(state == v1::TrainerReport::STATE_FINISHED ? "job_finished" : "generation_stopped",
            fields);
  }
  Send();
}

void PipeReports::OnStep(const StepProgress& progress) {
  const std::lock_guard lock(mutex_);
  *report_.mutable_progress() = MessageOf(progress);
  Hold(progress.step);
  if (!sent_ || clock_.Now() - *sent_ >= kProgressInterval) Send();
}

void PipeReports::OnActivity(Activity activity) {
  v1::TrainerEvent event;
  event.set_activity(MessageOf(activity));
  (void)pipe_.Send(event.SerializeAsString());
}

void PipeReports::OnData(const DataUse& use) {
  const std::lock_guard lock(mutex_);
  const bool turns = use.away != data_.away;
  data_ = use;
  data_is_news_ = true;
  if (turns || !data_sent_ || clock_.Now() - *data_sent_ >= kDataInterval) SendData();
}

void PipeReports::SendData() {
  data_sent_ = clock_.Now();
  data_is_news_ = false;
  v1::TrainerEvent event;
  *event.mutable_data() = MessageOf(data_);
  (void)pipe_.Send(event.SerializeAsString());
}

void PipeReports::OnCheckpoint(const CheckpointOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  const std::vector<LogField> fields = {{"job", report_.job_uid()},
                                        {"generation", report_.generation()},
                                        {"step", outcome.step},
                                        {"bytes", outcome.manifest.TotalBytes()},
                                        {"seconds", outcome.seconds}};
  if (outcome.status.ok()) {
    LogInfo(outcome.found ? "checkpoint_found" : "checkpoint_written", fields);
  } else {
    LogError("checkpoint_failed", {{"job", report_.job_uid()},
                                   {"generation", report_.generation()},
                                   {"step", outcome.step},
                                   {"reason", outcome.status}});
  }
  v1::TrainerEvent event;
  *event.mutable_checkpoint() = MessageOf(outcome, report_.job_uid(), report_.generation());
  (void)pipe_.Send(event.SerializeAsString());
}

void PipeReports::OnEvaluated(const model::Curve& curve, const model::Scores& result) {
  const std::lock_guard lock(mutex_);
  *report_.mutable_curve() = MessageOf(curve);
  report_.mutable_result()->clear();
  for (const auto& [name, value] : result) (*report_.mutable_result())[name] = value;
  const std::uint64_t reach = curve.points.empty() ? 0 : curve.points.back().first;
  if (reach > std::exchange(evaluated_, reach)) {
    LogInfo("evaluated", {{"job", report_.job_uid()},
                          {"step", curve.points.back().first},
                          {"score", curve.score},
                          {"value", curve.points.back().second},
                          {"best_step", curve.best_step}});
  }
  Send();
}

void PipeReports::OnDamage(const std::vector<std::uint64_t>& steps) {
  const std::lock_guard lock(mutex_);
  v1::TrainerEvent event;
  v1::CheckpointReport& report = *event.mutable_checkpoint();
  report.set_job_uid(report_.job_uid());
  report.set_generation(report_.generation());
  report.mutable_damaged_steps()->Assign(steps.begin(), steps.end());
  (void)pipe_.Send(event.SerializeAsString());
}

void PipeReports::OnQuarantine(const std::vector<LeftOutShard>& left_out) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = static_cast<std::size_t>(report_.quarantine_size()); i < left_out.size();
       ++i) {
    LogWarning("shard_left_out", {{"job", report_.job_uid()},
                                  {"generation", report_.generation()},
                                  {"shard", left_out[i].file},
                                  {"step", left_out[i].step},
                                  {"reason", "it is damaged at its source"}});
  }
  report_.clear_quarantine();
  for (const LeftOutShard& one : left_out) *report_.add_quarantine() = MessageOf(one);
  Send();
}

void PipeReports::OnNotice(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  LogWarning(
      "notice",
      {{"job", report_.job_uid()}, {"generation", report_.generation()}, {"what", sentence}});
}

void PipeReports::Hold(std::optional<std::uint64_t> step) {
  report_.set_holds_state(step.has_value());
  report_.set_step(step.value_or(0));
}

void PipeReports::Send() {
  sent_ = clock_.Now();
  v1::TrainerEvent event;
  *event.mutable_report() = report_;
  (void)pipe_.Send(event.SerializeAsString());
}

}  // namespace gvsl::trainer
