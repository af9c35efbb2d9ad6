#include "cli/core/exit_code.h"

#include <gtest/gtest.h>

namespace gvsl::cli {
namespace {

TEST(ExitCode, FollowsTheCanonicalCode) {
  EXPECT_EQ(ExitCodeFor(OkStatus()), 0);
  EXPECT_EQ(ExitCodeFor(NotFoundError("")), 3);
  EXPECT_EQ(ExitCodeFor(PermissionDeniedError("")), 4);
  EXPECT_EQ(ExitCodeFor(Status(StatusCode::kUnauthenticated, "")), 4);
  EXPECT_EQ(ExitCodeFor(UnavailableError("")), 5);
  EXPECT_EQ(ExitCodeFor(DeadlineExceededError("")), 5);
  for (const Status& status :
       {AlreadyExistsError(""), FailedPreconditionError(""), UnimplementedError(""),
        DataLossError(""), InternalError(""), ResourceExhaustedError("")}) {
    EXPECT_EQ(ExitCodeFor(status), 1) << status;
  }
}

TEST(ExitCode, AnInvalidArgumentIsWrongUsageWhenItNamesAField) {
  EXPECT_EQ(ExitCodeFor(InvalidArgumentError("").WithViolation("slots", "is 0")), 2);
  EXPECT_EQ(ExitCodeFor(InvalidArgumentError("")), 1);
}

TEST(ExitCode, OnlyAJobThatSucceededIsDone) {
  EXPECT_EQ(ExitCodeForEnd(v1::JOB_STATE_SUCCEEDED), 0);
  EXPECT_EQ(ExitCodeForEnd(v1::JOB_STATE_FAILED), 6);
  EXPECT_EQ(ExitCodeForEnd(v1::JOB_STATE_CANCELLED), 6);
  EXPECT_TRUE(HasEnded(v1::JOB_STATE_CANCELLED));
  EXPECT_FALSE(HasEnded(v1::JOB_STATE_PAUSED));
}

}  // namespace
}  // namespace gvsl::cli
