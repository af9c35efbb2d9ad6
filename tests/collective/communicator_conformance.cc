#include "tests/collective/communicator_conformance.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <random>

#include "tests/collective/serial_tree_sum.h"

namespace gvsl::collective {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Property;

const auto kIsOk = Property(&Status::ok, true);

// Who computes which slot.
using Owners = std::vector<int>;

std::vector<Owners> Distributions(int slots, int ranks) {
  Owners blocks(slots), dealt(slots), last(slots, ranks - 1), uneven(slots), random(slots);
  std::mt19937 draws(slots * 100 + ranks);
  for (int slot = 0; slot < slots; ++slot) {
    blocks[slot] = slot * ranks / slots;
    dealt[slot] = slot % ranks;
    uneven[slot] = std::max(0, slot - slots + ranks);
    random[slot] = static_cast<int>(draws() % ranks);
  }
  return {blocks, dealt, last, uneven, random};
}

// One rank's part in a tree sum of test gradients.
Status SumGradients(Communicator& communicator, const Owners& owners, std::span<float> total) {
  const SlotTree tree(static_cast<int>(owners.size()));
  std::vector<int> slots;
  for (int slot = 0; slot < tree.slots(); ++slot) {
    if (owners[slot] == communicator.rank()) slots.push_back(slot);
  }
  FloatMemory& memory = communicator.memory();
  SubtreeSums sums(tree, slots, total.size(), memory);
  for (const int slot : slots) {
    memory.Write(TestGradient(slot, total.size()), sums.NextBuffer());
    sums.Add(slot);
  }
  auto parts = sums.Take();
  const FloatBuffer sum(memory, total.size());
  Status status = communicator.TreeSum(tree, owners, parts, sum.span());
  if (status.ok()) memory.Read(sum.span(), total);
  return status;
}

// Every rank sums and has the serial sum's bits.
void ExpectSerialBits(Gang& gang, const Owners& owners, std::size_t floats) {
  const std::vector<float> expected = SerialTreeSum({0, static_cast<int>(owners.size())}, floats);
  std::atomic<int> same = 0;
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    std::vector<float> total(floats, -1.0F);
    Status status = SumGradients(communicator, owners, total);
    same += SameBits(total, expected) ? 1 : 0;
    return status;
  });
  EXPECT_THAT(results, Each(kIsOk));
  EXPECT_EQ(same, RanksHere(gang)) << owners.size() << " slots";
}

TEST_P(CommunicatorConformance, RanksAreNumbered) {
  Gang gang = MakeGang();
  ASSERT_EQ(static_cast<int>(gang.size()), ranks());
  for (int rank = 0; rank < ranks(); ++rank) {
    if (gang[rank] == nullptr) continue;
    EXPECT_EQ(gang[rank]->rank(), rank);
    EXPECT_EQ(gang[rank]->size(), ranks());
    EXPECT_THAT(gang[rank]->LostRanks(), IsEmpty());
  }
}

TEST_P(CommunicatorConformance, TreeSumHasTheSerialBitsWhoeverHoldsTheSlots) {
  Gang gang = MakeGang();
  for (const int slots : {1, 2, 3, 5, 7, 8, 13}) {
    for (const Owners& owners : Distributions(slots, ranks())) {
      ExpectSerialBits(gang, owners, 1003);
    }
  }
}

TEST_P(CommunicatorConformance, TreeSumOfManyPiecesHasTheSerialBits) {
  Gang gang = MakeGang();
  ExpectSerialBits(gang, Distributions(5, ranks())[1], 300'007 * ranks());
}

TEST_P(CommunicatorConformance, TreeSumOfFewerFloatsThanRanks) {
  Gang gang = MakeGang();
  for (const std::size_t floats : {0, 1, 3}) {
    ExpectSerialBits(gang, Distributions(8, ranks())[0], floats);
  }
}

TEST_P(CommunicatorConformance, AllReducesUnderWayTogetherAllEndInTheSumOverTheRanks) {
  Gang gang = MakeGang();
  std::atomic<int> wrong = 0;
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    FloatMemory& memory = communicator.memory();
    const std::vector<std::size_t> sizes = {1, 0, 1003, 300'007};
    std::vector<FloatBuffer> buffers;
    for (const std::size_t floats : sizes) {
      buffers.emplace_back(memory, floats);
      const std::vector<float> own(floats, static_cast<float>(communicator.rank() + 1));
      memory.Write(own, buffers.back().span());
      GVSL_RETURN_IF_ERROR(communicator.StartAllReduce(buffers.back().span()));
    }
    GVSL_RETURN_IF_ERROR(communicator.FinishAllReduces());
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      std::vector<float> sums(sizes[i]);
      memory.Read(buffers[i].span(), sums);
      const auto expected = static_cast<float>(ranks() * (ranks() + 1) / 2);
      wrong += std::ranges::count_if(sums, [&](float sum) { return sum != expected; });
    }
    return OkStatus();
  });
  EXPECT_THAT(results, Each(kIsOk));
  EXPECT_EQ(wrong, 0);
}

TEST_P(CommunicatorConformance, AFailureIsToldWithoutAVerb) {
  Gang gang = MakeGang();
  if (gang[0] == nullptr) return;
  EXPECT_TRUE(gang[0]->failure().ok());
  gang[0]->Abort(AbortedError("enough"));
  EXPECT_EQ(gang[0]->failure().code(), StatusCode::kAborted);
  EXPECT_EQ(gang[0]->StartAllReduce({}).code(), StatusCode::kAborted);
}

TEST_P(CommunicatorConformance, BroadcastGivesEverybodyTheBytesOfTheRoot) {
  Gang gang = MakeGang();
  for (const std::size_t size : {0, 1, 1000, 3'000'003}) {
    const int root = static_cast<int>(size % ranks());
    std::vector<std::byte> expected(size);
    for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<std::byte>(i * 7 + i / 256);
    std::atomic<int> same = 0;
    const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
      std::vector<std::byte> bytes(size, std::byte{9});
      if (communicator.rank() == root) bytes = expected;
      Status status = communicator.Broadcast(root, bytes);
      same += bytes == expected ? 1 : 0;
      return status;
    });
    EXPECT_THAT(results, Each(kIsOk));
    EXPECT_EQ(same, RanksHere(gang));
  }
}

TEST_P(CommunicatorConformance, BarrierHoldsEverybodyUntilTheLastHasCome) {
  Gang gang = MakeGang();
  std::atomic<int> arrived = 0;
  std::atomic<bool> early = false;
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    for (int round = 1; round <= 20; ++round) {
      ++arrived;
      GVSL_RETURN_IF_ERROR(communicator.Barrier());
      if (arrived < round * RanksHere(gang)) early = true;
      GVSL_RETURN_IF_ERROR(communicator.Barrier());
    }
    return OkStatus();
  });
  EXPECT_THAT(results, Each(kIsOk));
  EXPECT_FALSE(early);
}

TEST_P(CommunicatorConformance, VerbsFollowEachOtherWithoutMixing) {
  Gang gang = MakeGang();
  const Owners owners = Distributions(7, ranks())[4];
  const std::vector<float> expected = SerialTreeSum({0, 7}, 5000);
  std::atomic<int> wrong = 0;
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    std::vector<float> total(5000);
    for (int round = 0; round < 10; ++round) {
      GVSL_RETURN_IF_ERROR(SumGradients(communicator, owners, total));
      wrong += SameBits(total, expected) ? 0 : 1;
      int root = communicator.rank();
      GVSL_RETURN_IF_ERROR(communicator.Broadcast(
          round % ranks(), std::as_writable_bytes(std::span<int, 1>(&root, 1))));
      wrong += root == round % ranks() ? 0 : 1;
    }
    return communicator.Barrier();
  });
  EXPECT_THAT(results, Each(kIsOk));
  EXPECT_EQ(wrong, 0);
}

TEST_P(CommunicatorConformance, RanksMayLeaveAsSoonAsTheirLastVerbIsDone) {
  Gang gang = MakeGang();
  std::vector<Status> results(ranks());
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < ranks(); ++rank) {
    if (gang[rank] == nullptr) continue;
    threads.emplace_back([&, rank] {
      std::vector<std::byte> data(3'000'000);
      results[rank] = gang[rank]->Broadcast(0, data);
      if (results[rank].ok()) results[rank] = gang[rank]->Barrier();
      gang[rank].reset();
    });
  }
  threads.clear();
  EXPECT_THAT(results, Each(kIsOk));
}

TEST_P(CommunicatorConformance, AbortFromAnotherThreadEndsEveryVerb) {
  Gang gang = MakeGang();
  std::jthread other([&] {
    if (gang.back() != nullptr) gang.back()->Abort(AbortedError("the job was cancelled"));
  });
  if (ranks() == 1) other.join();
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    Status status;
    while (status.ok()) status = communicator.Barrier();
    return status;
  });
  for (int rank = 0; rank < ranks(); ++rank) {
    if (gang[rank] == nullptr) continue;
    EXPECT_EQ(results[rank].code(), StatusCode::kAborted) << results[rank];
    EXPECT_THAT(results[rank].message(), HasSubstr("the job was cancelled"));
    EXPECT_THAT(gang[rank]->LostRanks(), IsEmpty());
  }
}

TEST_P(CommunicatorConformance, AnAbortedCommunicatorStaysAborted) {
  Gang gang = MakeGang();
  if (gang[0] == nullptr) return;
  gang[0]->Abort(AbortedError("enough"));
  gang[0]->Abort(UnavailableError("a second reason"));
  for (int i = 0; i < 2; ++i) {
    std::vector<float> total(10);
    EXPECT_EQ(gang[0]->Barrier().code(), StatusCode::kAborted);
    EXPECT_THAT(gang[0]->Barrier().message(), HasSubstr("enough"));
    EXPECT_EQ(gang[0]->Broadcast(0, {}).code(), StatusCode::kAborted);
    EXPECT_EQ(SumGradients(*gang[0], {0, 0}, total).code(), StatusCode::kAborted);
  }
}

TEST_P(GangConformance, ARankThatGoesAwayIsNamedByEverybody) {
  Gang gang = MakeGang();
  const int culprit = ranks() / 2;
  gang[culprit].reset();
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    std::vector<float> total(100'000);
    return SumGradients(communicator, Distributions(8, ranks())[1], total);
  });
  for (int rank = 0; rank < ranks(); ++rank) {
    if (gang[rank] == nullptr) continue;
    EXPECT_EQ(results[rank].code(), StatusCode::kUnavailable) << results[rank];
    EXPECT_EQ(gang[rank]->LostRanks(), std::vector<int>{culprit});
  }
}

TEST_P(GangConformance, RanksThatDisagreeAboutLengthsGetAnError) {
  Gang gang = MakeGang();
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    std::vector<std::byte> data(communicator.rank() == ranks() - 1 ? 8 : 16);
    GVSL_RETURN_IF_ERROR(communicator.Broadcast(0, data));
    return communicator.Barrier();
  });
  for (int rank = 0; rank < ranks(); ++rank) {
    if (gang[rank] == nullptr) continue;
    const bool last = rank == ranks() - 1;
    EXPECT_EQ(results[rank].code(), last ? StatusCode::kInvalidArgument : StatusCode::kAborted)
        << results[rank];
  }
}

TEST_P(CommunicatorConformance, PartsThatDoNotFitTheTreeAreRefusedAndEndThePeersVerbs) {
  Gang gang = MakeGang();
  const auto results = OnEveryRank(gang, [&](Communicator& communicator) {
    if (communicator.rank() > 0) return communicator.Barrier();
    const FloatBuffer total(communicator.memory(), 4), part(communicator.memory(), 4);
    std::map<SlotNode, std::span<float>> parts = {{{0, 1}, part.span()}};
    return communicator.TreeSum(SlotTree(2), Owners{0, 0}, parts, total.span());
  });
  for (int rank = 0; rank < ranks(); ++rank) {
    if (gang[rank] == nullptr) continue;
    EXPECT_EQ(results[rank].code(), rank == 0 ? StatusCode::kInvalidArgument : StatusCode::kAborted)
        << results[rank];
  }
}

}  // namespace
}  // namespace gvsl::collective
