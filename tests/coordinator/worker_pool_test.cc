#include "coordinator/worker_pool.h"

#include <gtest/gtest.h>

#include "common/version.h"

namespace gvsl::coordinator {
namespace {

class WorkerPoolTest : public testing::Test {
 protected:
  static v1::RegisterWorkerRequest Request(const std::string& name, const std::string& life) {
    v1::RegisterWorkerRequest request;
    request.set_name(name);
    request.set_incarnation(life);
    request.set_version(std::string(kVersion));
    return request;
  }
  Status Beat(const std::string& name, const std::string& life) {
    v1::HeartbeatRequest request;
    request.set_name(name);
    request.set_incarnation(life);
    return pool.Heartbeat(clock.Now(), request);
  }
  FakeClock clock;
  WorkerPool pool{WorkerOptions{}};
};

TEST_F(WorkerPoolTest, ALeaseEndsWithoutHeartbeatsAndIsRenewedByThem) {
  ASSERT_TRUE(pool.Register(clock.Now(), Request("w", "1")).ok());
  clock.Advance(std::chrono::milliseconds(1400));
  ASSERT_TRUE(Beat("w", "1").ok());
  clock.Advance(std::chrono::milliseconds(1400));
  EXPECT_TRUE(pool.Expire(clock.Now()).empty());
  clock.Advance(std::chrono::milliseconds(200));
  EXPECT_EQ(pool.Expire(clock.Now()).size(), 1u);
  EXPECT_EQ(Beat("w", "1").code(), StatusCode::kNotFound);
}

TEST_F(WorkerPoolTest, AnotherLifeOfALivingNameIsRefusedUntilTheLeaseEnds) {
  ASSERT_TRUE(pool.Register(clock.Now(), Request("w", "1")).ok());
  EXPECT_TRUE(pool.Register(clock.Now(), Request("w", "1")).ok());
  EXPECT_EQ(pool.Register(clock.Now(), Request("w", "2")).code(), StatusCode::kAlreadyExists);
  clock.Advance(std::chrono::seconds(2));
  pool.Expire(clock.Now());
  EXPECT_TRUE(pool.Register(clock.Now(), Request("w", "2")).ok());
  EXPECT_EQ(Beat("w", "1").code(), StatusCode::kNotFound);
}

TEST_F(WorkerPoolTest, AnotherVersionIsRefusedAndBothAreNamed) {
  v1::RegisterWorkerRequest request = Request("w", "1");
  request.set_version("9.9.9");
  const Status status = pool.Register(clock.Now(), request);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("9.9.9"), std::string::npos);
  EXPECT_NE(status.message().find(std::string(kVersion)), std::string::npos);
}

TEST_F(WorkerPoolTest, ANameThatCouldLeaveItsFolderIsRefused) {
  for (const char* name : {"", "..", ".hidden", "a/b", "a b"}) {
    EXPECT_EQ(pool.Register(clock.Now(), Request(name, "1")).code(), StatusCode::kInvalidArgument)
        << name;
  }
}

TEST_F(WorkerPoolTest, ATakenNameTellsHowLongTheLeaseIs) {
  ASSERT_TRUE(pool.Register(clock.Now(), Request("w", "1")).ok());
  const Status status = pool.Register(clock.Now(), Request("w", "2"));
  ASSERT_EQ(status.violations().size(), 1u);
  EXPECT_EQ(status.violations()[0].field, "lease_seconds");
  EXPECT_EQ(status.violations()[0].reason, "1.5");
}

TEST_F(WorkerPoolTest, HeartbeatsAreTakenInTheirOrder) {
  ASSERT_TRUE(pool.Register(clock.Now(), Request("w", "1")).ok());
  v1::HeartbeatRequest request;
  request.set_name("w");
  request.set_incarnation("1");
  request.set_sequence(2);
  request.mutable_trainer()->set_state(v1::TrainerReport::STATE_IDLE);
  EXPECT_TRUE(pool.Heartbeat(clock.Now(), request).ok());
  request.set_sequence(1);
  request.mutable_trainer()->set_state(v1::TrainerReport::STATE_ABSENT);
  EXPECT_EQ(pool.Heartbeat(clock.Now(), request).code(), StatusCode::kAborted);
  EXPECT_EQ(pool.Find("w")->report.state(), v1::TrainerReport::STATE_IDLE);
}

TEST_F(WorkerPoolTest, WhileItIsHeldNoLeaseEnds) {
  ASSERT_TRUE(pool.Register(clock.Now(), Request("w", "1")).ok());
  clock.Advance(std::chrono::seconds(10));
  pool.Hold(clock.Now() + std::chrono::seconds(1));
  EXPECT_TRUE(pool.Expire(clock.Now()).empty());
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(pool.Expire(clock.Now()).size(), 1u);
}

}  // namespace
}  // namespace gvsl::coordinator
