// A coordinator and some workers on this machine, as background processes in one folder:
//   DIR/local.json  DIR/lock  DIR/state/  DIR/workers/worker-1/ DIR/logs/{coordinator,worker-1}.log
#pragma once

#include <optional>
#include <string>

#include "cli/core/context.h"
#include "cli/local/record.h"

namespace gvsl::cli::local {

// Where the instance is: `directory`, made absolute, or the default one.
StatusOr<std::string> ResolveDirectory(const std::string& directory,
                                       const Environment& environment);

struct UpResult {
  Record record;
  bool changed = false;  // false: everything was up already
};

// Makes it so that a coordinator and `workers` workers run (absent: as many as are recorded, else
// two): starts what is missing or dead, stops what is too much. Returns when all workers are
// registered. An error names the log of what failed; what this call has started is stopped again.
StatusOr<UpResult> BringUp(Context& context, const std::string& directory,
                           std::optional<int> workers);

// SIGTERM to the workers, then to the coordinator; SIGKILL to what has not ended in time. False:
// nothing was running.
StatusOr<bool> TakeDown(Context& context, const std::string& directory);

constexpr Duration kLocalTimeout = std::chrono::seconds(30);

}  // namespace gvsl::cli::local
