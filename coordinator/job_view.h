// What people see of a stored job, and the changes that workers' reports make to it. Pure.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "coordinator/worker_view.h"
#include "gvsl/v1/stored_job.pb.h"

namespace gvsl::coordinator {

using WallTime = std::chrono::system_clock::time_point;

google::protobuf::Timestamp ToTimestamp(WallTime time);

bool HasEnded(v1::JobState state);  // SUCCEEDED, FAILED, CANCELLED

std::uint64_t NewestCheckpoint(const v1::Job& job);  // its step; 0: there is none

// The job with what is computed when it is read: members, eta, goodput, lost time. Goodput is
// (committed steps that are kept) x (mean duration of a step) / (time since the first start).
v1::Job ViewJob(const v1::StoredJob& stored, const WorkerViews& workers, WallTime now);

// What keeps a job that has started from training: "queued", "starting", "reforming", "paused";
// empty while it trains, has not started or has ended.
std::string WhyItStands(const v1::StoredJob& stored);
// The steps beyond `step` are lost, and count as lost time.
void CountRecomputing(std::uint64_t step, v1::StoredJob& stored);

// Why the job is where it is, in sentences.
std::vector<std::string> Explain(const v1::Job& view, const v1::StoredJob& stored);

// Steps of the checkpoints that a worker found damaged.
std::set<std::uint64_t> DamagedSteps(const v1::StoredJob& stored);

// Whether the worker's report is of a member of the job's present generation.
bool IsOfPresentGeneration(const WorkerView& worker, const v1::StoredJob& stored);

// What was reported of steps beyond the job's own, which will be computed again, is taken away.
void CutBack(v1::Job& job);

// Takes over the progress of a member of the job's present generation; anything else is ignored.
// Returns whether the job changed.
bool ApplyProgress(const WorkerView& worker, v1::StoredJob& stored);

// Takes over a checkpoint that was written, or could not be. Returns whether that was news: the
// same error again is none.
bool ApplyCheckpoint(const v1::CheckpointReport& report, v1::StoredJob& stored);

// "a (slots 0-3), b (slots 4-7)"
std::string DescribeMembers(const v1::Gang& gang);

}  // namespace gvsl::coordinator
