// What only `mpi` has: generations that share tags, ranks that never come, ranks that hang. Two
// ranks live in this process; where one has to misbehave, a bare link takes its place.
#include "worker/collective/mpi_transport.h"

#include <gmock/gmock.h>

#include <thread>

#include "tests/collective/mpi_gang.h"

namespace gvsl::collective {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

[[maybe_unused]] const auto* const kAtEnd =
    testing::AddGlobalTestEnvironment(new LeavesMpiAtTheEnd);

constexpr std::uint64_t kJob = 7;

std::vector<std::byte> Pattern(std::size_t size, int seed) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + seed);
  return bytes;
}

class TwoRanks : public testing::Test {
 protected:
  TwoRanks() : world(std::make_shared<MpiWorld>()) {
    Mpi();
    MPI_Comm_dup(MPI_COMM_SELF, &world->comm);
    MPI_Comm_set_errhandler(world->comm, MPI_ERRORS_RETURN);
    world->highest_tag = 8;  // all generations of two ranks have the same tags
  }

  std::unique_ptr<MpiTransport> Rank(int rank, std::uint64_t generation,
                                     Duration silence = seconds(2)) {
    return std::make_unique<MpiTransport>(
        world, MpiSeat{{kJob, generation}, rank, std::vector<int>(2, 0)}, silence);
  }
  // Rank 1's end, without a transport that cares for it.
  MpiLink Bare(const FrameKey& key) {
    return {*world,
            key,
            {.mpi_rank = 0, .pieces_out = 4, .pieces_in = 2, .control_out = 5, .control_in = 3}};
  }
  Status Meet(MpiTransport& transport) { return transport.Meet(seconds(30), {}, nullptr); }

  std::shared_ptr<MpiWorld> world;
};

TEST_F(TwoRanks, MessagesOfAllSizesArriveWholeAndInOrder) {
  const auto zero = Rank(0, 1), one = Rank(1, 1);
  ASSERT_TRUE(Meet(*zero).ok());
  ASSERT_TRUE(Meet(*one).ok());
  const std::vector<std::size_t> sizes = {
      0, 1, kPieceBytes - 1, kPieceBytes, kPieceBytes + 1, 9 * kPieceBytes + 5, 0, 3};
  std::jthread sender([&] {
    std::vector<std::vector<std::byte>> sent;
    for (const std::size_t size : sizes) sent.push_back(Pattern(size, 1));
    for (const auto& bytes : sent) zero->Send(1, bytes);
    EXPECT_TRUE(zero->Flush().ok());
  });
  for (const std::size_t size : sizes) {
    std::vector<std::byte> bytes(size);
    ASSERT_TRUE(one->Receive(0, bytes).ok());
    EXPECT_EQ(bytes, Pattern(size, 1)) << size;
  }
}

TEST_F(TwoRanks, WhatAnOldGenerationSentIsDropped) {
  for (const FrameKey old : {FrameKey{kJob, 1}, FrameKey{kJob + 1, 2}}) {
    const auto stale = Pattern(100, 9);
    const std::lock_guard lock(world->mutex);
    MpiLink link = Bare(old);
    link.Send(stale);
    link.Progress();
    ASSERT_TRUE(link.IsUnread());
    link.Say({.kind = ControlKind::kAbort});
  }
  const auto zero = Rank(0, 2), one = Rank(1, 2);
  ASSERT_TRUE(Meet(*zero).ok());
  ASSERT_TRUE(Meet(*one).ok());
  const auto sent = Pattern(100, 2);
  one->Send(0, sent);
  std::vector<std::byte> bytes(100);
  ASSERT_TRUE(zero->Receive(1, bytes).ok());
  EXPECT_EQ(bytes, sent);
  EXPECT_TRUE(one->Flush().ok());
}

TEST_F(TwoRanks, ARankThatDoesNotComeIsNamed) {
  const auto zero = Rank(0, 1);
  std::vector<int> missing;
  const Status met = zero->Meet(milliseconds(100), {}, &missing);
  EXPECT_EQ(met.code(), StatusCode::kDeadlineExceeded);
  EXPECT_THAT(met.message(), HasSubstr("rank 1 did not come"));
  EXPECT_THAT(missing, ElementsAre(1));
}

TEST_F(TwoRanks, AStopEndsTheWaitForTheOthers) {
  const auto zero = Rank(0, 1);
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  EXPECT_EQ(zero->Meet(seconds(30), stop.get_token(), nullptr).code(), StatusCode::kAborted);
}

TEST_F(TwoRanks, ARankThatSaysNothingIsLostAndNamed) {
  const auto zero = Rank(0, 1, milliseconds(300));
  std::unique_lock lock(world->mutex);
  MpiLink one = Bare({kJob, 1});
  one.Say({.kind = ControlKind::kHello});
  lock.unlock();
  ASSERT_TRUE(Meet(*zero).ok());
  std::byte byte{};
  const Status received = zero->Receive(1, {&byte, 1});
  EXPECT_EQ(received.code(), StatusCode::kUnavailable);
  EXPECT_THAT(received.message(), HasSubstr("rank 1 has said nothing for 0.3 s"));
  EXPECT_THAT(zero->LostRanks(), ElementsAre(1));
}

TEST_F(TwoRanks, ARankThatComputesIsNotLost) {
  const auto zero = Rank(0, 1, seconds(1)), one = Rank(1, 1, seconds(1));
  ASSERT_TRUE(Meet(*zero).ok());
  ASSERT_TRUE(Meet(*one).ok());
  const TimePoint begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < milliseconds(2500)) {  // beyond the silence
    std::this_thread::yield();
  }
  const std::byte sent{5};
  one->Send(0, {&sent, 1});
  std::byte byte{};
  EXPECT_TRUE(zero->Receive(1, {&byte, 1}).ok());
  EXPECT_TRUE(one->Flush().ok());
}

TEST_F(TwoRanks, AnAbortComesThroughWhereDataWaitsToBeTaken) {
  const auto zero = Rank(0, 1), one = Rank(1, 1);
  ASSERT_TRUE(Meet(*zero).ok());
  ASSERT_TRUE(Meet(*one).ok());
  const auto large = Pattern(20 * kPieceBytes, 3);
  std::jthread sender([&] {
    zero->Send(1, large);
    EXPECT_EQ(zero->Flush().code(), StatusCode::kAborted);
  });
  std::vector<std::byte> first(1);
  EXPECT_EQ(one->Receive(0, first).code(),
            StatusCode::kInvalidArgument);  // its first piece is there
  one->Abort(AbortedError("enough"));
}

TEST(MpiPlaces, ThatDoNotFitTheLaunchAreRefused) {
  const auto connect = [](const MpiPlace& place) {
    return Mpi().Connect(place, seconds(1)).status().code();
  };
  EXPECT_EQ(connect({.job_uid = "a", .generation = 1, .rank = 1, .size = 2}),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(connect({.job_uid = "a", .generation = 1, .rank = 0, .size = 2}),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(connect({.job_uid = "a", .generation = 1, .rank = 0, .size = 1}), StatusCode::kOk);
  EXPECT_EQ(Mpi().launch().size(), 16U);
}

}  // namespace
}  // namespace gvsl::collective
