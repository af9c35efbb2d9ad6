// How well a downstream job does, as its workers report it. Pure.
#pragma once

#include "gvsl/v1/job.pb.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::coordinator {

// Takes over the report's curve and result, unless those of the job reach further: a worker may be
// a step behind another. Returns whether the job changed.
bool TakeScores(const v1::TrainerReport& report, v1::Job& job);

// Takes away the points beyond the job's step, which will be computed again.
void CutCurve(v1::Job& job);

}  // namespace gvsl::coordinator
