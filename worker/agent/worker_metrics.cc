#include "worker/agent/worker_metrics.h"

#include <algorithm>

#include "common/version.h"
#include "worker/agent/agent_state.h"

namespace gvsl::agent {
namespace {

constexpr char kStepSeconds[] = "gvsl_worker_step_seconds";
constexpr char kPhaseSeconds[] = "gvsl_worker_phase_seconds";
constexpr char kLoss[] = "gvsl_worker_loss";
constexpr char kIndicator[] = "gvsl_worker_indicator";
constexpr char kSamples[] = "gvsl_worker_samples_total";
constexpr char kSamplesHelp[] = "Samples (pairs of volumes) that this worker computed.";
constexpr char kRestarts[] = "gvsl_worker_trainer_restarts_total";
constexpr char kRestartsHelp[] = "Trainer processes that ended without being asked to.";
constexpr char kFailures[] = "gvsl_worker_heartbeat_failures_total";
constexpr char kFailuresHelp[] = "Calls to the coordinator that failed.";

void ShowAway(Metrics& metrics, bool away) {
  metrics.SetGauge("gvsl_worker_dataset_away",
                   "1 while the trainer waits for a dataset that cannot be read.", away ? 1 : 0);
}

// What a trainer counted since `before`.
void AddDataCounts(Metrics& metrics, const v1::DataReport& before, const v1::DataReport& now) {
  const auto add = [&](const char* name, const char* help, auto count) {
    metrics.AddCounter(name, help, static_cast<double>((now.*count)() - (before.*count)()));
  };
  using Report = v1::DataReport;
  add("gvsl_worker_data_wait_seconds_total", "Time that training waited for samples.",
      &Report::wait_seconds);
  add("gvsl_worker_shard_cache_hits_total", "Shards that the cache had.", &Report::cache_hits);
  add("gvsl_worker_shard_cache_misses_total", "Shards that the cache lacked.",
      &Report::cache_misses);
  add("gvsl_worker_shard_cache_copied_bytes_total", "Bytes that were copied into the cache.",
      &Report::cache_copied_bytes);
  add("gvsl_worker_shard_cache_evictions_total", "Shards that made room for others in the cache.",
      &Report::cache_evictions);
  add("gvsl_worker_shard_cache_refetches_total", "Damaged copies that were fetched again.",
      &Report::cache_refetches);
  add("gvsl_worker_shard_cache_bypasses_total",
      "Shards read from the dataset because the cache was of no use.", &Report::cache_bypasses);
}

}  // namespace

WorkerMetrics::WorkerMetrics(Metrics& metrics) : metrics_(metrics) {
  metrics_.SetGauge("gvsl_build_info", "Constant 1, with the version of the program.", 1,
                    {{"version", std::string(kVersion)}, {"program", "gvsl-worker"}});
  metrics_.AddCounter(kSamples, kSamplesHelp, 0);
  metrics_.AddCounter(kRestarts, kRestartsHelp, 0);
  metrics_.AddCounter(kFailures, kFailuresHelp, 0);
  ShowAway(metrics_, false);
  AddDataCounts(metrics_, {}, {});
  Show({}, 0);
}

void WorkerMetrics::ShowData(std::uint64_t process, const v1::DataReport& report) {
  if (process != data_process_) data_.Clear();
  data_process_ = process;
  ShowAway(metrics_, report.away());
  AddDataCounts(metrics_, data_, report);
  data_ = report;
}

void WorkerMetrics::TrainerRestarted() { metrics_.AddCounter(kRestarts, kRestartsHelp); }
void WorkerMetrics::HeartbeatFailed() { metrics_.AddCounter(kFailures, kFailuresHelp); }

void WorkerMetrics::Show(const v1::TrainerReport& report, std::uint64_t samples_per_step) {
  if (report.job_uid() != job_uid_) {
    job_uid_ = report.job_uid();
    step_ = report.step();
  }
  for (int state = v1::TrainerReport::STATE_ABSENT; state <= v1::TrainerReport::State_MAX;
       ++state) {
    const auto value = static_cast<v1::TrainerReport::State>(state);
    metrics_.SetGauge("gvsl_worker_trainer_state", "1 for the state that the trainer is in.",
                      report.state() == value ? 1 : 0, {{"state", TrainerStateName(value)}});
  }
  metrics_.SetGauge("gvsl_worker_generation", "Generation of the gang; 0 without a job.",
                    static_cast<double>(report.generation()));
  metrics_.SetGauge("gvsl_worker_step", "Committed steps that the trainer holds.",
                    static_cast<double>(report.step()));
  if (report.state() != v1::TrainerReport::STATE_RUNNING) ShowAway(metrics_, false);
  if (report.has_progress()) {
    ShowProgress(report.progress(), samples_per_step);
  } else {
    for (const char* name : {kStepSeconds, kPhaseSeconds, kLoss, kIndicator})
      metrics_.RemoveGauge(name);
  }
}

void WorkerMetrics::ShowProgress(const v1::StepProgress& progress, std::uint64_t samples_per_step) {
  metrics_.SetGauge(kStepSeconds, "Smoothed duration of a whole step.", progress.step_seconds());
  for (const auto& [phase, seconds] : progress.phase_seconds()) {
    metrics_.SetGauge(kPhaseSeconds, "Smoothed duration of each part of a step.", seconds,
                      {{"phase", phase}});
  }
  for (const auto& [name, loss] : progress.losses()) {
    metrics_.SetGauge(kLoss, "Losses of the last committed step.", loss, {{"loss", name}});
  }
  for (const auto& [name, value] : progress.indicators()) {
    metrics_.SetGauge(kIndicator, "Indicators of training's health at the last committed step.",
                      value, {{"indicator", name}});
  }
  if (progress.step() <= step_) return;
  metrics_.AddCounter(kSamples, kSamplesHelp,
                      static_cast<double>((progress.step() - step_) * samples_per_step));
  step_ = progress.step();
}

std::uint64_t SamplesPerStep(const v1::Assignment& assignment) {
  if (assignment.rank() >= static_cast<std::uint32_t>(assignment.members_size())) return 0;
  const v1::Member& self = assignment.members(static_cast<int>(assignment.rank()));
  const std::uint32_t batch = std::max(1U, assignment.spec().batch_per_slot());
  return static_cast<std::uint64_t>(self.slots_size()) * batch;
}

}  // namespace gvsl::agent
