#include "worker/collective/grpc_rendezvous.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/text.h"

namespace gvsl::collective {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Duration kNoPatience = Duration::zero();

v1::Hello MakeHello(int rank, std::uint64_t generation, const std::string& job_uid = "heads") {
  v1::Hello hello;
  hello.set_job_uid(job_uid);
  hello.set_generation(generation);
  hello.set_rank(rank);
  return hello;
}

class FakeStream final : public FrameStream {
 public:
  explicit FakeStream(int* destroyed) : destroyed_(destroyed) {}
  ~FakeStream() override { ++*destroyed_; }
  bool Read(v1::Frame*) override { return false; }
  bool Write(const v1::Frame&) override { return false; }
  void Cancel() override {}
  Status Close() override { return OkStatus(); }

 private:
  int* destroyed_;
};

class RendezvousTest : public testing::Test {
 protected:
  Status Admit(const v1::Hello& peer) {
    return rendezvous_.Admit(peer, kNoPatience, [] { return false; }).status();
  }

  Rendezvous rendezvous_;
  int destroyed_ = 0;
};

TEST_F(RendezvousTest, AdmitsTheHigherRanksOfTheOpenGeneration) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(1, 7), 4).ok());
  const auto own = rendezvous_.Admit(MakeHello(3, 7), kNoPatience, [] { return false; });
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->rank(), 1U);
  EXPECT_EQ(own->generation(), 7U);
}

TEST_F(RendezvousTest, RefusesOlderGenerations) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
  const Status status = Admit(MakeHello(1, 6));
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              HasSubstr("rank 1 of generation 6 is refused: generation 7 stands"));
}

TEST_F(RendezvousTest, RefusesOtherJobs) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
  EXPECT_EQ(Admit(MakeHello(1, 7, "knees")).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Admit(MakeHello(1, 8, "knees")).code(), StatusCode::kFailedPrecondition);
}

TEST_F(RendezvousTest, RefusesLowerStrangeAndRepeatedRanks) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(1, 7), 3).ok());
  EXPECT_EQ(Admit(MakeHello(0, 7)).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Admit(MakeHello(1, 7)).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Admit(MakeHello(3, 7)).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Admit(MakeHello(-1, 7)).code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Admit(MakeHello(2, 7)).ok());
  EXPECT_EQ(Admit(MakeHello(2, 7)).code(), StatusCode::kFailedPrecondition);
}

TEST_F(RendezvousTest, APeerThatNeverHeardOfItsAdmissionMayCallAgain) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
  EXPECT_TRUE(Admit(MakeHello(1, 7)).ok());
  rendezvous_.Withdraw(MakeHello(1, 7));
  EXPECT_TRUE(Admit(MakeHello(1, 7)).ok());
}

TEST_F(RendezvousTest, RefusesLatecomersOfAGenerationThatHasFormed) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
  rendezvous_.Close();
  EXPECT_EQ(Admit(MakeHello(1, 7)).code(), StatusCode::kFailedPrecondition);
}

TEST_F(RendezvousTest, EarlyPeersAreAdmittedOnceTheGenerationIsKnown) {
  for (const bool knows_an_older_one : {false, true}) {
    Rendezvous rendezvous;
    if (knows_an_older_one) {
      ASSERT_TRUE(rendezvous.Open(MakeHello(0, 6), 2).ok());
    }
    std::atomic<bool> waits = false;
    Status status = InternalError("never admitted");
    std::jthread early([&] {
      const auto looked = [&waits] {
        waits = true;
        return false;
      };
      status = rendezvous.Admit(MakeHello(1, 7), seconds(30), looked).status();
    });
    while (!waits) std::this_thread::yield();
    ASSERT_TRUE(rendezvous.Open(MakeHello(0, 7), 2).ok());
    early.join();
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST_F(RendezvousTest, EarlyPeersAreToldToComeAgainWhenPatienceEnds) {
  EXPECT_EQ(Admit(MakeHello(1, 7)).code(), StatusCode::kUnavailable);
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 6), 2).ok());
  EXPECT_EQ(Admit(MakeHello(1, 7)).code(), StatusCode::kUnavailable);
}

TEST_F(RendezvousTest, NobodyWaitsForACallerThatHungUp) {
  for (const bool known : {false, true}) {
    if (known) {
      ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
    }
    const auto own = rendezvous_.Admit(MakeHello(1, 7), seconds(30), [] { return true; });
    EXPECT_EQ(own.status().code(), StatusCode::kUnavailable);
  }
  EXPECT_TRUE(Admit(MakeHello(1, 7)).ok());
}

TEST_F(RendezvousTest, NobodyWaitsAfterShutdown) {
  rendezvous_.Shutdown();
  const auto own = rendezvous_.Admit(MakeHello(1, 7), seconds(30), [] { return false; });
  EXPECT_EQ(own.status().code(), StatusCode::kUnavailable);
}

TEST_F(RendezvousTest, GenerationsOfAJobOnlyGrow) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
  EXPECT_EQ(rendezvous_.Open(MakeHello(0, 7), 2).code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(rendezvous_.Open(MakeHello(0, 6), 2).code(), StatusCode::kFailedPrecondition);
  EXPECT_TRUE(rendezvous_.Open(MakeHello(0, 9), 2).ok());
  EXPECT_TRUE(rendezvous_.Open(MakeHello(0, 1, "knees"), 2).ok());
}

TEST_F(RendezvousTest, HandsOverWhatWasDelivered) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
  EXPECT_THAT(rendezvous_.Arrivals(Duration::zero()), IsEmpty());
  rendezvous_.Deliver(7, {1, std::unique_ptr<FrameStream>(new FakeStream(&destroyed_))});
  EXPECT_EQ(rendezvous_.Arrivals(seconds(30)).at(0).rank, 1);
  EXPECT_EQ(destroyed_, 1);
}

TEST_F(RendezvousTest, DestroysStreamsThatComeTooLate) {
  ASSERT_TRUE(rendezvous_.Open(MakeHello(0, 7), 2).ok());
  rendezvous_.Deliver(6, {1, std::unique_ptr<FrameStream>(new FakeStream(&destroyed_))});
  EXPECT_EQ(destroyed_, 1);
  rendezvous_.Deliver(7, {1, std::unique_ptr<FrameStream>(new FakeStream(&destroyed_))});
  rendezvous_.Close();
  EXPECT_EQ(destroyed_, 2);
  rendezvous_.Deliver(7, {1, std::unique_ptr<FrameStream>(new FakeStream(&destroyed_))});
  EXPECT_EQ(destroyed_, 3);
}

}  // namespace
}  // namespace gvsl::collective
