// Ending processes that were started by `gvslctl local up`.
#pragma once

#include <vector>

#include "cli/core/interrupt.h"
#include "cli/local/process.h"
#include "common/clock.h"
#include "common/status.h"

namespace gvsl::cli::local {

// SIGTERM to all at once, SIGKILL to those that live after `patience`. Returns how many were
// killed. CANCELLED when `interrupt` (may be null) was requested: all have had the SIGTERM, and
// nobody waits for their end.
StatusOr<int> StopAll(const std::vector<ProcessIdentity>& processes, Clock& clock,
                      Duration patience, Interrupt* interrupt);

}  // namespace gvsl::cli::local
