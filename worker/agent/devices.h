// Which device an agent serves. The agent knows no GPU by itself: its trainer program says which
// ones it may use.
#pragma once

#include <string>
#include <vector>

#include "common/status.h"

namespace gvsl::agent {

// INVALID_ARGUMENT unless `device` is cpu, auto, all or cuda:N.
Status CheckDeviceName(const std::string& device);

// What `trainer --list-devices` printed.
struct TrainerDevices {
  std::vector<std::string> names;  // "cuda:0", "cuda:1", ...
  std::string why_none;
};

// Pure: the devices to serve, one agent each. `auto` is the first GPU, else cpu; `all` is every
// GPU. NOT_FOUND says why there is no such device.
StatusOr<std::vector<std::string>> ChooseDevices(const std::string& device,
                                                 const TrainerDevices& found);

// Asks the program; waits for its end. INTERNAL when it cannot be run or fails.
StatusOr<TrainerDevices> AskTrainer(const std::string& trainer);

// Whether this machine has the files of a GPU driver: without them nobody needs to be asked.
bool MayHaveGpus();

}  // namespace gvsl::agent
