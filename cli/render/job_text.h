// What the service knows, as text for people. Pure.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <chrono>
#include <string>
#include <vector>

#include "gvsl/v1/job.pb.h"
#include "gvsl/v1/job_service.pb.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::cli {

template <typename T>
using Repeated = google::protobuf::RepeatedPtrField<T>;

std::string JobTable(const Repeated<v1::Job>& jobs, std::chrono::system_clock::time_point now);
// Everything about one job: facts, its workers, its checkpoints.
std::string JobDescription(const v1::Job& job);
std::string CheckpointTable(const Repeated<v1::Checkpoint>& checkpoints);
std::string EventTable(const Repeated<v1::JobEvent>& events);
std::string WorkerTable(const Repeated<v1::Worker>& workers);

// "heads  RUNNING  [####----] 450/1000  45%  loss 0.1234  12.3 samples/s  ETA 7m12s  2 workers", no
// longer than `columns`; a job that waits shows its reason instead.
std::string ProgressLine(const v1::Job& job, int columns);

}  // namespace gvsl::cli
