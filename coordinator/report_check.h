// What a worker may say, before anybody believes it. Pure.
#pragma once

#include <optional>

#include "common/status.h"
#include "gvsl/v1/stored_job.pb.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::coordinator {

// INVALID_ARGUMENT: a field is longer than anybody needs, or is no name of a worker.
Status CheckRegistration(const v1::RegisterWorkerRequest& request);

// INVALID_ARGUMENT: a state that does not exist, texts that are too long, or steps beyond the end
// of `job` (null: the report speaks of no job that is known).
Status CheckReport(const v1::TrainerReport& report, const v1::Job* job);

// The report without what would do harm when stored: numbers that are not finite or negative become
// 0, long reasons are cut.
v1::TrainerReport CleanReport(v1::TrainerReport report);

// The report with the path that this coordinator would use; nothing when it can not be true of the
// job.
std::optional<v1::CheckpointReport> CleanCheckpoint(v1::CheckpointReport report,
                                                    const v1::Job& job);

}  // namespace gvsl::coordinator
