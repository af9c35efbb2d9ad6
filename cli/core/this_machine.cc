#include "cli/core/this_machine.h"

namespace gvsl::cli {

Status OnThisMachine(const Status& error) {
  const bool misleads =
      error.code() == StatusCode::kNotFound || error.code() == StatusCode::kPermissionDenied;
  return misleads ? FailedPreconditionError(error.message()) : error;
}

}  // namespace gvsl::cli
