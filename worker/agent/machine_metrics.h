// What a worker uses of its machine: gvsl_worker_memory_bytes and gvsl_worker_disk_*_bytes.
#pragma once

#include <sys/types.h>

#include <string>

#include "common/metrics.h"

namespace gvsl::agent {

// Call before each scrape, without a lock: a file system that hangs holds up the caller. `trainer`
// is 0 while there is none. What cannot be measured is not shown.
void MeasureMachine(Metrics& metrics, const std::string& work_dir, pid_t trainer);

}  // namespace gvsl::agent
