#include "cli/core/exit_code.h"

namespace gvsl::cli {

ExitCode ExitCodeFor(const Status& status) {
  switch (status.code()) {
    case StatusCode::kOk:
      return kDone;
    case StatusCode::kInvalidArgument:
      return status.violations().empty() ? kFailed : kWrongUsage;
    case StatusCode::kNotFound:
      return kNotFound;
    case StatusCode::kPermissionDenied:
    case StatusCode::kUnauthenticated:
      return kNotAllowed;
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
      return kUnreachable;
    default:
      return kFailed;
  }
}

ExitCode ExitCodeForEnd(v1::JobState state) {
  return state == v1::JOB_STATE_SUCCEEDED ? kDone : kJobFailed;
}

bool HasEnded(v1::JobState state) {
  return state == v1::JOB_STATE_SUCCEEDED || state == v1::JOB_STATE_FAILED ||
         state == v1::JOB_STATE_CANCELLED;
}

}  // namespace gvsl::cli
