// `nccl`: the ranks' vectors lie on GPUs and travel over NCCL; everything else is said over another
// communicator of the same ranks (docs/adr/2026-11-27-nccl-beside-a-control-communicator.md): the
// unique id, the state of a joiner, aborts, and who is lost.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/clock.h"
#include "worker/collective/communicator.h"

namespace gvsl::collective {

struct NcclOptions {
  int device = 0;  // of this process, as CUDA counts
  // From the call until every rank has joined; NCCL itself would wait for ever.
  Duration form = std::chrono::seconds(30);
  // For what NCCL does when it is aborted. It may hang, and its thread with it: then the process is
  // of no use any more, which `on_hung_abort` is told.
  Duration abort = std::chrono::seconds(5);
  std::function<void(const std::string& sentence)> on_hung_abort = [](const std::string&) {};
};

// Collective over `control`, which connects the same ranks and lives as long as the result.
// FAILED_PRECONDITION: two ranks have one GPU; all ranks get it, and `control` is whole. Any other
// error: no communicator, and `control` has failed.
StatusOr<std::unique_ptr<Communicator>> MakeNcclCommunicator(std::shared_ptr<Communicator> control,
                                                             const NcclOptions& options);

}  // namespace gvsl::collective
