// Of a build without CUDA.
#include "worker/collective/nccl_communicator.h"

namespace gvsl::collective {

StatusOr<std::unique_ptr<Communicator>> MakeNcclCommunicator(
    std::shared_ptr<Communicator> /*control*/, const NcclOptions& /*options*/) {
  return UnimplementedError("nccl: this build has no CUDA (make gpu builds one that has)");
}

}  // namespace gvsl::collective
