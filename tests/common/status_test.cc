#include "common/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace gvsl {
namespace {

TEST(Status, KeepsItsCodeAndViolationsWhenContextIsAdded) {
  const Status status = InvalidArgumentError("bad job")
                            .WithViolation("workers.min", "is above workers.max")
                            .WithContext("submit");
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "submit: bad job");
  ASSERT_EQ(status.violations().size(), 1U);
  EXPECT_EQ(status.violations()[0].field, "workers.min");
}

TEST(Status, StaysOkWhenContextIsAdded) { EXPECT_TRUE(OkStatus().WithContext("x").ok()); }

TEST(Status, SaysThatAFullDiskIsResourceExhausted) {
  const Status status = ErrnoError(ENOSPC, "write /ckpt/model");
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status.ToString(), "RESOURCE_EXHAUSTED: write /ckpt/model: No space left on device");
}

StatusOr<int> Half(int value) {
  if (value % 2 != 0) return InvalidArgumentError("odd");
  return value / 2;
}

StatusOr<int> Quarter(int value) {
  GVSL_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(StatusOr, PassesTheFirstErrorOn) {
  EXPECT_EQ(Quarter(8).value(), 2);
  EXPECT_EQ(Quarter(6).status().message(), "odd");
}

TEST(StatusOr, HoldsWhatCanOnlyBeMoved) {
  StatusOr<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

}  // namespace
}  // namespace gvsl
