// `local`: the ranks are threads of one process and copy out of each other's memory.
#pragma once

#include <memory>
#include <vector>

#include "worker/collective/communicator.h"

namespace gvsl::collective {

// One communicator a rank, in the order of the ranks; ranks >= 1. Each is for one thread. A rank
// that destroys its communicator is lost to those that still need it.
std::vector<std::unique_ptr<Communicator>> MakeLocalCommunicators(int ranks);

}  // namespace gvsl::collective
