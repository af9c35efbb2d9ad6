// `--device all`: one agent process for each GPU of this machine, under one that only minds them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/status.h"
#include "worker/agent/worker_options.h"

namespace gvsl::agent {

// Pure: the options of the agent of `device`, with a name and a folder of its own. INVALID_ARGUMENT
// for a port that is not 0, which only one could have.
StatusOr<WorkerOptions> MemberOptions(const WorkerOptions& group, const std::string& device);

// Forks a process for each device, in which `work` is called, and waits for all. Call it before any
// thread is started, with SIGTERM, SIGINT and SIGHUP blocked: they are handed on. A member that
// dies is started again after a pause that grows from 1 s to 30 s; one that ends with 0 or with
// wrong usage is not. The exit status: 0 when all ended with it, else one of the others.
int RunGroup(const WorkerOptions& group, const std::vector<std::string>& devices,
             const std::function<void(const WorkerOptions&)>& work);

}  // namespace gvsl::agent
