// What the process's exit status means. Scripts depend on it: docs/cli.md is the promise.
#pragma once

#include "common/status.h"
#include "gvsl/v1/job.pb.h"

namespace gvsl::cli {

enum ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kWrongUsage = 2,  // flags, a job file, or a value that the coordinator refused by name
  kNotFound = 3,
  kNotAllowed = 4,
  kUnreachable = 5,
  kJobFailed = 6,  // watch, submit --wait: the job ended FAILED or CANCELLED
  kInterrupted = 130,
};

// INVALID_ARGUMENT is wrong usage where it names a field (a request that a person can correct),
// else failed.
ExitCode ExitCodeFor(const Status& status);

// For a job that has ended; kDone for SUCCEEDED.
ExitCode ExitCodeForEnd(v1::JobState state);
bool HasEnded(v1::JobState state);

}  // namespace gvsl::cli
