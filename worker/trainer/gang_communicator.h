// Which communicator a generation trains over.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>
#include <string>

#include "common/status.h"
#include "worker/collective/communicator.h"
#include "worker/trainer/job_plan.h"

namespace gvsl::trainer {

// Pure: the same for every member.
bool WantsNccl(const JobPlan& job, const GangPlan& gang);

// Collective: `control`, or NCCL beside it. Two members on one GPU: an `auto` job goes on over
// `control`, which `on_notice` is told; FAILED_PRECONDITION for an `nccl` job. Ends the process
// (exit status 3) when NCCL hangs while it is aborted: the agent starts another one.
StatusOr<std::shared_ptr<collective::Communicator>> ChooseCommunicator(
    std::shared_ptr<collective::Communicator> control, const JobPlan& job, const GangPlan& gang,
    c10::Device device, const std::function<void(const std::string&)>& on_notice);

}  // namespace gvsl::trainer
