#include "data_loader/bounded_workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <mutex>
#include <new>
#include <stdexcept>

namespace gvsl::data_loader {
namespace {

TEST(BoundedWorkers, DoEveryPieceOnce) {
  for (const unsigned threads : {1U, 3U, 64U}) {
    std::vector<std::atomic<int>> done(100);
    const Status status = RunBounded(std::vector<std::uint64_t>(100, 1), {threads, 7}, nullptr,
                                     [&](std::size_t piece) {
                                       ++done[piece];
                                       return OkStatus();
                                     });
    EXPECT_TRUE(status.ok()) << status;
    for (const auto& count : done) EXPECT_EQ(count, 1);
  }
  EXPECT_TRUE(RunBounded({}, {4, 0}, nullptr, [](std::size_t) { return OkStatus(); }).ok());
}

TEST(BoundedWorkers, WorkAtOnceAsFarAsThreadsAndMemoryReach) {
  std::barrier both(2);  // returns only where two are at work at once
  EXPECT_TRUE(RunBounded({5, 5}, {2, 10}, nullptr, [&](std::size_t) {
                both.arrive_and_wait();
                return OkStatus();
              }).ok());
}

TEST(BoundedWorkers, NeverExceedTheMemoryButForOneThatIsAlone) {
  const std::vector<std::uint64_t> needs = {3, 9, 40, 1, 1, 1, 8, 8, 3, 12, 2};
  std::mutex mutex;
  std::uint64_t in_use = 0;
  int at_work = 0;
  const Status status = RunBounded(needs, {4, 10}, nullptr, [&](std::size_t piece) {
    {
      const std::lock_guard lock(mutex);
      in_use += needs[piece];
      ++at_work;
      EXPECT_TRUE(in_use <= 10 || at_work == 1) << piece;
    }
    const std::lock_guard lock(mutex);
    in_use -= needs[piece];
    --at_work;
    return OkStatus();
  });
  EXPECT_TRUE(status.ok());
}

TEST(BoundedWorkers, BeginNothingMoreAfterAnErrorOrAStop) {
  const std::vector<std::uint64_t> needs(1000, 1);
  std::atomic<int> begun = 0;
  const auto fail = [&](std::size_t piece) {
    ++begun;
    return piece == 3 ? DataLossError("third") : OkStatus();
  };
  EXPECT_EQ(RunBounded(needs, {1, 0}, nullptr, fail).code(), StatusCode::kDataLoss);
  EXPECT_EQ(begun, 4);
  begun = 0;
  const auto count = [&](std::size_t) {
    ++begun;
    return OkStatus();
  };
  EXPECT_EQ(RunBounded(
                needs, {2, 0}, [&] { return begun >= 5; }, count)
                .code(),
            StatusCode::kCancelled);
  EXPECT_LT(begun, 10);
}

TEST(BoundedWorkers, AnExceptionIsAnError) {
  const auto thrown = [](auto exception) {
    return RunBounded({1}, {1, 0}, nullptr, [&](std::size_t) -> Status { throw exception; }).code();
  };
  EXPECT_EQ(thrown(std::bad_alloc()), StatusCode::kResourceExhausted);
  EXPECT_EQ(thrown(std::runtime_error("x")), StatusCode::kInternal);
}

}  // namespace
}  // namespace gvsl::data_loader
