#include "common/grpc_status.h"

#include <gtest/gtest.h>

namespace gvsl {
namespace {

TEST(GrpcStatus, CarriesCodeMessageAndFieldViolations) {
  const Status sent = InvalidArgumentError("the job cannot be accepted")
                          .WithViolation("workers.min", "is above workers.max")
                          .WithViolation("steps", "is missing");
  const grpc::Status wire = ToGrpcStatus(sent);
  EXPECT_EQ(wire.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const Status received = FromGrpcStatus(wire);
  EXPECT_EQ(received.code(), sent.code());
  EXPECT_EQ(received.message(), sent.message());
  ASSERT_EQ(received.violations().size(), 2U);
  EXPECT_EQ(received.violations()[1].field, "steps");
  EXPECT_EQ(received.violations()[1].reason, "is missing");
}

TEST(GrpcStatus, KeepsOk) {
  EXPECT_TRUE(ToGrpcStatus(OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(GrpcStatus, TakesAnErrorWithoutDetails) {
  const Status status = FromGrpcStatus({grpc::StatusCode::UNAVAILABLE, "no route"});
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_TRUE(status.violations().empty());
}

}  // namespace
}  // namespace gvsl
