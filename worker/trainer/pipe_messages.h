// Between the pipe's messages and the trainer's plain values. Pure.
#pragma once

#include <string>

#include "gvsl/v1/trainer_pipe.pb.h"
#include "gvsl/v1/worker_service.pb.h"
#include "worker/trainer/job_plan.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/stop_flag.h"

namespace gvsl::trainer {

JobPlan JobPlanOf(const v1::Assignment& assignment);
GangPlan GangPlanOf(const v1::Assignment& assignment);
StopVote StopVoteOf(v1::StopOrder::Mode mode);

v1::StepProgress MessageOf(const StepProgress& progress);
v1::Activity MessageOf(Activity activity);
v1::DataReport MessageOf(const DataUse& use);
v1::Curve MessageOf(const model::Curve& curve);
v1::QuarantinedShard MessageOf(const LeftOutShard& one);
v1::CheckpointReport MessageOf(const CheckpointOutcome& outcome, const std::string& job_uid,
                               std::uint64_t generation);

}  // namespace gvsl::trainer
