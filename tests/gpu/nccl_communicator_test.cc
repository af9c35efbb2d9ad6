// `nccl` in the conformance suite: a rank is a thread with a GPU of its own.
#include "worker/collective/nccl_communicator.h"

#include <gmock/gmock.h>

#include "tests/collective/communicator_conformance.h"
#include "tests/collective/serial_tree_sum.h"
#include "tests/gpu/gpus.h"
#include "worker/collective/local_communicator.h"

namespace gvsl::collective {
namespace {

using ::gvsl::testing::GpuCount;

Gang MakeNcclCommunicators(int ranks) {
  Gang control = MakeLocalCommunicators(ranks);
  Gang gang(ranks);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      auto communicator = MakeNcclCommunicator(std::move(control[rank]), {.device = rank});
      EXPECT_TRUE(communicator.ok()) << communicator.status();
      if (communicator.ok()) gang[rank] = *std::move(communicator);
    });
  }
  threads.clear();
  return gang;
}

// As many worlds as this machine has GPUs for; one is named, and skipped, where it has none.
auto Worlds(int smallest) {
  std::vector<ConformanceParameter> worlds;
  for (int ranks = smallest; ranks <= std::min(8, std::max(smallest, GpuCount())); ++ranks) {
    worlds.push_back({MakeNcclCommunicators, ranks, ranks <= GpuCount() ? "" : "not enough GPUs"});
  }
  return ::testing::ValuesIn(worlds);
}

INSTANTIATE_TEST_SUITE_P(Nccl, CommunicatorConformance, Worlds(1), RanksName);
INSTANTIATE_TEST_SUITE_P(Nccl, GangConformance, Worlds(2), RanksName);

TEST(NcclCommunicator, FormsAgainInTheSameProcessAfterAnAbort) {
  GVSL_SKIP_WITHOUT_GPUS(1);
  for (int generation = 0; generation < 5; ++generation) {
    Gang gang = MakeNcclCommunicators(1);
    ASSERT_NE(gang[0], nullptr);
    EXPECT_TRUE(gang[0]->Barrier().ok());
    gang[0]->Abort(AbortedError("a peer is lost"));
    EXPECT_EQ(gang[0]->StartAllReduce({}).code(), StatusCode::kAborted);
  }
}

TEST(NcclCommunicator, TwoRanksOnOneGpuAreRefusedByNameAndKeepTheirControl) {
  GVSL_SKIP_WITHOUT_GPUS(1);
  Gang gang = MakeLocalCommunicators(2);
  const std::vector<std::shared_ptr<Communicator>> control = {std::move(gang[0]),
                                                              std::move(gang[1])};
  std::vector<Status> results(2);
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < 2; ++rank) {
    threads.emplace_back(
        [&, rank] { results[rank] = MakeNcclCommunicator(control[rank], {.device = 0}).status(); });
  }
  threads.clear();
  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_EQ(results[rank].code(), StatusCode::kFailedPrecondition);
    EXPECT_THAT(results[rank].message(), ::testing::HasSubstr("rank 0 and rank 1 share one GPU"));
    EXPECT_TRUE(control[rank]->failure().ok());
  }
}

TEST(NcclCommunicator, ARankThatNeverJoinsIsNotWaitedForForEver) {
  GVSL_SKIP_WITHOUT_GPUS(2);
  Gang control = MakeLocalCommunicators(2);
  std::jthread absent([&] { (void)control[1]->Barrier(); });
  const auto result =
      MakeNcclCommunicator(std::move(control[0]), {.device = 0, .form = std::chrono::seconds(1)});
  EXPECT_FALSE(result.ok());
  control[1]->Abort(AbortedError("over"));
}

}  // namespace
}  // namespace gvsl::collective
