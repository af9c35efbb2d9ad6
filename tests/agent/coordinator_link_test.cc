#include "worker/agent/coordinator_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace gvsl::agent {
namespace {

using std::chrono::milliseconds;
using ::testing::_;
using ::testing::Return;

class MockCoordinator : public CoordinatorClient {
 public:
  MOCK_METHOD(StatusOr<v1::RegisterWorkerResponse>, Register, (const v1::RegisterWorkerRequest&),
              (override));
  MOCK_METHOD(StatusOr<v1::HeartbeatResponse>, Heartbeat, (const v1::HeartbeatRequest&),
              (override));
  MOCK_METHOD(void, Interrupt, (), (override));
  MOCK_METHOD(void, Rearm, (), (override));
};

v1::HeartbeatResponse Answer(std::uint64_t directive_version) {
  v1::HeartbeatResponse response;
  response.set_directive_version(directive_version);
  return response;
}

class CoordinatorLinkTest : public ::testing::Test {
 protected:
  CoordinatorLinkTest() {
    v1::RegisterWorkerRequest identity;
    identity.set_name("w1");
    identity.set_incarnation("abc");
    link = std::make_unique<CoordinatorLink>(
        identity, client, clock,
        LinkHooks{.collect = [] { return v1::HeartbeatRequest(); },
                  .deliver = [this](const auto&) { ++delivered; },
                  .failed = [this] { ++failed; }});
  }
  void Register() {
    v1::RegisterWorkerResponse terms;
    terms.set_heartbeat_interval_seconds(0.3);
    terms.set_lease_seconds(2);
    EXPECT_CALL(client, Register(_)).WillOnce(Return(terms)).RetiresOnSaturation();
    EXPECT_TRUE(link->Turn().fatal.ok());
  }

  FakeClock clock;
  ::testing::NiceMock<MockCoordinator> client;
  std::unique_ptr<CoordinatorLink> link;
  int delivered = 0;
  int failed = 0;
};

TEST_F(CoordinatorLinkTest, HeartbeatsNameTheWorkerAndTheDirectiveThatItHolds) {
  Register();
  std::vector<v1::HeartbeatRequest> requests;
  EXPECT_CALL(client, Heartbeat(_)).WillRepeatedly([&](const v1::HeartbeatRequest& request) {
    requests.push_back(request);
    return Answer(7);
  });
  EXPECT_EQ(link->Turn().pause, Duration{}) << "a new directive is acted on and answered at once";
  EXPECT_EQ(link->Turn().pause, milliseconds(300)) << "an answer without news paces the next call";
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].name(), "w1");
  EXPECT_EQ(requests[0].incarnation(), "abc");
  EXPECT_EQ(requests[0].wait_seconds(), 0.3);
  EXPECT_EQ(requests[0].directive_version(), 0U);
  EXPECT_EQ(requests[1].directive_version(), 7U);
  EXPECT_EQ(delivered, 2);
}

TEST_F(CoordinatorLinkTest, AHeldAnswerIsFollowedByTheNextHeartbeatWithoutPause) {
  Register();
  EXPECT_CALL(client, Heartbeat(_)).WillRepeatedly([&](const v1::HeartbeatRequest&) {
    clock.Advance(milliseconds(300));
    return Answer(0);
  });
  EXPECT_EQ(link->Turn().pause, Duration{});
}

TEST_F(CoordinatorLinkTest, ACoordinatorThatIsAwayIsAskedAgainWithinHalfASecond) {
  Register();
  EXPECT_CALL(client, Heartbeat(_)).WillRepeatedly(Return(UnavailableError("away")));
  for (int call = 0; call < 100; ++call) {
    const CoordinatorLink::Next next = link->Turn();
    EXPECT_TRUE(next.fatal.ok());
    EXPECT_LE(next.pause, milliseconds(500));
  }
  EXPECT_EQ(failed, 100);
  EXPECT_TRUE(link->registered());
}

TEST_F(CoordinatorLinkTest, AForgottenWorkerRegistersAgainWithTheSameIncarnation) {
  Register();
  EXPECT_CALL(client, Heartbeat(_)).WillOnce(Return(NotFoundError("who?")));
  EXPECT_EQ(link->Turn().pause, Duration{});
  EXPECT_FALSE(link->registered());
  EXPECT_CALL(client, Register(_)).WillOnce([](const v1::RegisterWorkerRequest& request) {
    EXPECT_EQ(request.incarnation(), "abc");
    return v1::RegisterWorkerResponse();
  });
  link->Turn();
  EXPECT_TRUE(link->registered());
}

TEST_F(CoordinatorLinkTest, AnInterruptedHeartbeatIsNoFailure) {
  Register();
  EXPECT_CALL(client, Heartbeat(_)).WillOnce(Return(CancelledError("interrupted")));
  EXPECT_TRUE(link->Turn().fatal.ok());
  EXPECT_EQ(failed, 0);
}

TEST_F(CoordinatorLinkTest, AnotherVersionIsFatalAtTheFirstRegistration) {
  EXPECT_CALL(client, Register(_)).WillOnce(Return(FailedPreconditionError("0.1.0 and 0.2.0")));
  EXPECT_EQ(link->Turn().fatal.code(), StatusCode::kFailedPrecondition);
}

TEST_F(CoordinatorLinkTest, AnotherVersionAfterARestartOfTheCoordinatorLeavesTheWorkGoingOn) {
  Register();
  EXPECT_CALL(client, Heartbeat(_)).WillOnce(Return(NotFoundError("who?")));
  link->Turn();
  EXPECT_CALL(client, Register(_)).WillOnce(Return(FailedPreconditionError("0.1.0 and 0.2.0")));
  EXPECT_TRUE(link->Turn().fatal.ok());
}

TEST_F(CoordinatorLinkTest, ATakenNameIsTriedForTwoLeases) {
  EXPECT_CALL(client, Register(_)).WillRepeatedly(Return(AlreadyExistsError("w1 lives")));
  EXPECT_TRUE(link->Turn().fatal.ok());
  clock.Advance(milliseconds(2900));
  EXPECT_TRUE(link->Turn().fatal.ok());
  clock.Advance(milliseconds(200));
  EXPECT_EQ(link->Turn().fatal.code(), StatusCode::kAlreadyExists);
}

TEST_F(CoordinatorLinkTest, ATakenNameIsTriedForTwoOfTheCoordinatorsLeases) {
  EXPECT_CALL(client, Register(_))
      .WillRepeatedly(Return(AlreadyExistsError("w1 lives").WithViolation("lease_seconds", "30")));
  EXPECT_TRUE(link->Turn().fatal.ok());
  clock.Advance(milliseconds(59900));
  EXPECT_TRUE(link->Turn().fatal.ok());
  clock.Advance(milliseconds(200));
  EXPECT_EQ(link->Turn().fatal.code(), StatusCode::kAlreadyExists);
}

TEST_F(CoordinatorLinkTest, HeartbeatsAreNumberedAlsoWhenTheyFailAndAcrossRegistrations) {
  Register();
  std::vector<std::uint64_t> numbers;
  EXPECT_CALL(client, Heartbeat(_)).WillRepeatedly([&](const v1::HeartbeatRequest& request) {
    numbers.push_back(request.sequence());
    return NotFoundError("who?");
  });
  link->Turn();
  Register();
  link->Turn();
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2}));
}

}  // namespace
}  // namespace gvsl::agent
