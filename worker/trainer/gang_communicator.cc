#include "worker/trainer/gang_communicator.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/log.h"
#include "worker/collective/nccl_communicator.h"

namespace gvsl::trainer {
namespace {

constexpr int kHungExit = 3;

[[noreturn]] void EndProcess(const std::string& sentence) {
  LogError("trainer_hangs", {{"reason", sentence}});
  std::_Exit(kHungExit);
}

}  // namespace

bool WantsNccl(const JobPlan& job, const GangPlan& gang) {
  if (job.collective != CollectiveChoice::kAuto) return job.collective == CollectiveChoice::kNccl;
  return std::ranges::all_of(
      gang.members, [](const MemberPlan& member) { return member.device.starts_with("cuda"); });
}

StatusOr<std::shared_ptr<collective::Communicator>> ChooseCommunicator(
    std::shared_ptr<collective::Communicator> control, const JobPlan& job, const GangPlan& gang,
    c10::Device device, const std::function<void(const std::string&)>& on_notice) {
  if (!WantsNccl(job, gang)) return control;
  if (!device.is_cuda()) {
    return FailedPreconditionError("collective nccl: this worker computes on the processor");
  }
  auto over_nccl = collective::MakeNcclCommunicator(
      control, {.device = device.index(), .on_hung_abort = EndProcess});
  if (over_nccl.ok()) return std::shared_ptr<collective::Communicator>(*std::move(over_nccl));
  const bool whole = over_nccl.status().code() == StatusCode::kFailedPrecondition;
  if (!whole || job.collective == CollectiveChoice::kNccl) return over_nccl.status();
  on_notice("the gradients travel over grpc: " + over_nccl.status().message());
  return control;
}

}  // namespace gvsl::trainer
