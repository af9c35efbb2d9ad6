// The gvsl_worker_* metrics.
#pragma once

#include <cstdint>
#include <string>

#include "common/metrics.h"
#include "gvsl/v1/trainer_pipe.pb.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::agent {

// Not thread-safe (the agent's lock guards it); Metrics itself is.
class WorkerMetrics {
 public:
  // Shows every counter with 0 and the build's version from the start.
  explicit WorkerMetrics(Metrics& metrics);

  // What a report without progress lacks is not shown any longer.
  // `samples_per_step`: what this worker computes in one step; a pair is one sample.
  void Show(const v1::TrainerReport& report, std::uint64_t samples_per_step);
  // `process` numbers the trainers: each counts from 0.
  void ShowData(std::uint64_t process, const v1::DataReport& report);
  void TrainerRestarted();
  void HeartbeatFailed();

 private:
  void ShowProgress(const v1::StepProgress& progress, std::uint64_t samples_per_step);

  Metrics& metrics_;
  std::string job_uid_;
  std::uint64_t step_ = 0;  // of the last progress of this job
  std::uint64_t data_process_ = 0;
  v1::DataReport data_;  // its last one
};

// Slots of the assignment's own member times batch_per_slot.
std::uint64_t SamplesPerStep(const v1::Assignment& assignment);

}  // namespace gvsl::agent
