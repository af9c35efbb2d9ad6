#include "coordinator/coordinator_metrics.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "common/version.h"
#include "coordinator/job_validation.h"
#include "coordinator/job_view.h"

namespace gvsl::coordinator {
namespace {

constexpr char kHeartbeatAge[] = "gvsl_worker_heartbeat_age_seconds";
constexpr char kWorkerSlots[] = "gvsl_job_worker_slots";
constexpr const char* kWorkerStates[] = {"ABSENT",  "IDLE",     "FORMING", "RUNNING",
                                         "STOPPED", "FINISHED", "FAILED",  "LEAVING"};

double SecondsBetween(const google::protobuf::Timestamp& from, WallTime to) {
  const auto age = ToTimestamp(to) - from;
  const auto milliseconds = google::protobuf::util::TimeUtil::DurationToMilliseconds(age);
  return static_cast<double>(std::max<std::int64_t>(milliseconds, 0)) / 1e3;
}

double AgeOfOldestQueued(const CoordinatorSnapshot& snapshot, WallTime now) {
  double oldest = 0;
  for (const v1::Job& job : snapshot.jobs) {
    if (job.state() != v1::JOB_STATE_QUEUED) continue;
    oldest = std::max(oldest, SecondsBetween(job.create_time(), now));
  }
  return oldest;
}

MetricLabels LabelsOf(const v1::Job& job) { return {{"job", job.name()}, {"job_uid", job.uid()}}; }

}  // namespace

CoordinatorMetrics::CoordinatorMetrics(Metrics& metrics) : metrics_(metrics) {
  metrics_.SetGauge("gvsl_build_info", "Version of the program; always 1.", 1,
                    {{"version", std::string(kVersion)}, {"program", "gvsl-coordinator"}});
}

void CoordinatorMetrics::Update(const CoordinatorSnapshot& snapshot,
                                std::chrono::system_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::map<int, int> jobs;
  for (const v1::Job& job : snapshot.jobs) ++jobs[job.state()];
  for (int state = v1::JOB_STATE_QUEUED; state <= v1::JOB_STATE_CANCELLED; ++state) {
    metrics_.SetGauge("gvsl_jobs", "Jobs that are not deleted, by state.", jobs[state],
                      {{"state", WrittenName(static_cast<v1::JobState>(state))}});
  }
  metrics_.SetGauge("gvsl_oldest_queued_job_age_seconds",
                    "Since the oldest job that waits was created; 0 when none waits.",
                    AgeOfOldestQueued(snapshot, now));
  UpdateWorkers(snapshot);
  UpdateFreshness(snapshot);
  Grow("gvsl_worker_heartbeats_total", "Heartbeats that were taken.",
       static_cast<double>(snapshot.heartbeats), {});
  RemoveEnded(snapshot);
  metrics_.RemoveGauge(kWorkerSlots);  // of former members
  for (const v1::Job& job : snapshot.jobs) {
    if (HasEnded(job.state())) continue;
    UpdateJob(job, snapshot.lost_workers.at(job.uid()), now);
    UpdateGang(job);
    for (const auto& [cause, seconds] : snapshot.lost_seconds.at(job.uid())) {
      MetricLabels labels = LabelsOf(job);
      labels["cause"] = cause;
      Grow("gvsl_job_lost_seconds_total", "Time since the first start that went into no kept step.",
           seconds, labels);
    }
  }
}

void CoordinatorMetrics::UpdateWorkers(const CoordinatorSnapshot& snapshot) {
  std::map<std::string, int> workers;
  for (const v1::Worker& worker : snapshot.workers) ++workers[worker.state()];
  for (const char* state : kWorkerStates) {
    metrics_.SetGauge("gvsl_workers", "Living workers, by the state of their trainer.",
                      workers[state], {{"state", state}});
  }
}

void CoordinatorMetrics::UpdateFreshness(const CoordinatorSnapshot& snapshot) {
  metrics_.RemoveGauge(kHeartbeatAge);  // of those that are gone
  for (const v1::Worker& worker : snapshot.workers) {
    metrics_.SetGauge(kHeartbeatAge, "Since a living worker's last heartbeat.",
                      worker.heartbeat_age_seconds(), {{"worker", worker.name()}});
  }
}

void CoordinatorMetrics::UpdateJob(const v1::Job& job, std::uint64_t lost_workers,
                                   std::chrono::system_clock::time_point now) {
  const MetricLabels labels = LabelsOf(job);
  shown_jobs_.insert(job.uid());
  const auto set = [&](const char* name, const char* help, double value) {
    metrics_.SetGauge(name, help, value, labels);
  };
  set("gvsl_job_step", "Committed steps.", static_cast<double>(job.step()));
  set("gvsl_job_target_steps", "Steps that the job was submitted for.",
      static_cast<double>(job.steps()));
  set("gvsl_job_generation", "Number of the gang's membership.",
      static_cast<double>(job.generation()));
  set("gvsl_job_workers", "Members of the gang.", job.workers_size());
  set("gvsl_job_quarantined_shards", "Shards that are damaged at their source and left out.",
      job.quarantine_size());
  set("gvsl_job_samples_per_second", "Samples of the whole gang; a pair is one.",
      job.samples_per_second());
  if (job.has_start_time()) {  // a job that waits has lost nothing yet
    set("gvsl_job_goodput_ratio", "Share of the time since the first start in steps that are kept.",
        job.goodput());
  }
  if (job.has_loss()) {
    set("gvsl_job_loss", "Loss of the last committed step.", job.loss());
    set("gvsl_job_learning_rate", "Learning rate of the last committed step.", job.learning_rate());
  }
  Grow("gvsl_job_lost_workers_total", "Members that were lost.", static_cast<double>(lost_workers),
       labels);
  const bool saved = !job.checkpoints().empty();
  if (saved) {
    set("gvsl_job_checkpoint_step", "Step of the newest checkpoint.",
        static_cast<double>(job.checkpoints().rbegin()->step()));
  }
  if (saved || job.has_start_time()) {
    set("gvsl_job_checkpoint_age_seconds",
        "Time since the newest checkpoint; since the job's start while there is none.",
        SecondsBetween(saved ? job.checkpoints().rbegin()->time() : job.start_time(), now));
  }
}

void CoordinatorMetrics::UpdateGang(const v1::Job& job) {
  MetricLabels labels = LabelsOf(job);
  for (int state = v1::JOB_STATE_QUEUED; state <= v1::JOB_STATE_PAUSED; ++state) {
    labels["state"] = WrittenName(static_cast<v1::JobState>(state));
    metrics_.SetGauge("gvsl_job_state", "1 for the state that the job is in.",
                      job.state() == state ? 1 : 0, labels);
  }
  labels.erase("state");
  for (const v1::GangMember& member : job.workers()) {
    labels["worker"] = member.name();
    metrics_.SetGauge(kWorkerSlots, "Slots of the job that a member of its gang computes.",
                      member.slots_size(), labels);
  }
}

void CoordinatorMetrics::RemoveEnded(const CoordinatorSnapshot& snapshot) {
  std::set<std::string> living;
  for (const v1::Job& job : snapshot.jobs) {
    if (!HasEnded(job.state())) living.insert(job.uid());
  }
  std::erase_if(shown_jobs_, [&](const std::string& uid) {
    if (living.contains(uid)) return false;
    metrics_.RemoveSeries({{"job_uid", uid}});
    std::erase_if(grown_, [&](const auto& entry) {
      const auto label = entry.first.second.find("job_uid");
      return label != entry.first.second.end() && label->second == uid;
    });
    return true;
  });
}

void CoordinatorMetrics::Grow(const std::string& name, const std::string& help, double value,
                              const MetricLabels& labels) {
  double& before = grown_[{name, labels}];
  metrics_.AddCounter(name, help, std::max(value - before, 0.0), labels);
  before = value;
}

}  // namespace gvsl::coordinator
