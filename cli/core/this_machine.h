// What fails here, and not where the coordinator is.
#pragma once

#include "common/status.h"

namespace gvsl::cli {

// An error of this machine's disk, which is kFailed of exit_code.h: not found and not allowed are
// the coordinator's to say.
Status OnThisMachine(const Status& error);

}  // namespace gvsl::cli
