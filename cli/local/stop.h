// Ending processes that were started by `gvslctl local up`.
#pragma once

#include <vector>

#include "cli/local/process.h"
#include "common/clock.h"

namespace gvsl::cli::local {

// SIGTERM to all at once, SIGKILL to those that live after `patience`. Returns how many were
// killed.
int StopAll(const std::vector<ProcessIdentity>& processes, Clock& clock, Duration patience);

}  // namespace gvsl::cli::local
