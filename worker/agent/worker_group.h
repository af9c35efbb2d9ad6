// `--device all`: one agent process for each GPU of this machine, under one that only minds them.
#pragma once

#include <string>
#include <vector>

#include "common/status.h"
#include "worker/agent/worker_options.h"

namespace gvsl::agent {

// Pure: what is put behind the group's command line for the agent of `device`: its device, a name
// and a folder of its own. INVALID_ARGUMENT for a port that is not 0, which only one could have.
StatusOr<std::vector<std::string>> MemberArguments(const WorkerOptions& group,
                                                   const std::string& device);

// Runs a process of this program for each device and waits for all. SIGTERM, SIGINT and SIGHUP,
// which the caller has blocked, are handed on. A member that dies is started again after a pause
// that grows from 1 s to 30 s; one that ends with 0 or with wrong usage is not. The exit status: 0
// when all ended with it, else one of the others.
int RunGroup(const std::vector<std::string>& command_line, const WorkerOptions& group,
             const std::vector<std::string>& devices);

}  // namespace gvsl::agent
