#include "worker/collective/slot_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "tests/collective/serial_tree_sum.h"

namespace gvsl::collective {

void PrintTo(SlotNode node, std::ostream* out) {
  *out << "[" << node.begin << ", " << node.end << ")";
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The parts of a rank that owns `slots`, as the trainer makes them.
std::map<SlotNode, std::span<float>> Fill(SubtreeSums& sums, const std::vector<int>& slots,
                                          std::size_t floats) {
  for (const int slot : slots) {
    const std::vector<float> gradient = TestGradient(slot, floats);
    std::ranges::copy(gradient, sums.NextBuffer().begin());
    sums.Add(slot);
  }
  return sums.Take();
}

TEST(SlotTree, LeftChildHasTheLargestPowerOfTwoBelow) {
  EXPECT_EQ(SlotTree::Left({0, 2}), (SlotNode{0, 1}));
  EXPECT_EQ(SlotTree::Left({0, 3}), (SlotNode{0, 2}));
  EXPECT_EQ(SlotTree::Left({0, 4}), (SlotNode{0, 2}));
  EXPECT_EQ(SlotTree::Left({0, 5}), (SlotNode{0, 4}));
  EXPECT_EQ(SlotTree::Right({0, 5}), (SlotNode{4, 5}));
  EXPECT_EQ(SlotTree::Left({8, 13}), (SlotNode{8, 12}));
  EXPECT_EQ(SlotTree::Right({8, 13}), (SlotNode{12, 13}));
}

TEST(SlotTree, ParentIsTheNodeThatHasTheChild) {
  const SlotTree tree(13);
  EXPECT_EQ(tree.Parent({0, 1}), (SlotNode{0, 2}));
  EXPECT_EQ(tree.Parent({12, 13}), (SlotNode{8, 13}));
  EXPECT_EQ(tree.Parent({8, 13}), (SlotNode{0, 13}));
}

TEST(SlotTree, RootAndStrangersHaveNoParent) {
  const SlotTree tree(13);
  EXPECT_EQ(tree.Parent({0, 13}), std::nullopt);
  EXPECT_EQ(tree.Parent({1, 3}), std::nullopt);
  EXPECT_EQ(SlotTree(1).Parent({0, 1}), std::nullopt);
}

TEST(SlotTree, MaximalNodesAreTheLargestOfOneOwner) {
  const std::vector<int> owners = {0, 0, 0, 1, 1, 1, 1};
  EXPECT_THAT(SlotTree(7).MaximalNodes(owners, 0), ElementsAre(SlotNode{0, 2}, SlotNode{2, 3}));
  EXPECT_THAT(SlotTree(7).MaximalNodes(owners, 1), ElementsAre(SlotNode{3, 4}, SlotNode{4, 7}));
  EXPECT_THAT(SlotTree(7).MaximalNodes(owners, 2), IsEmpty());
}

TEST(SlotTree, ScatteredSlotsAreNodesOfTheirOwn) {
  const std::vector<int> owners = {0, 1, 0, 1};
  EXPECT_THAT(SlotTree(4).MaximalNodes(owners, 1), ElementsAre(SlotNode{1, 2}, SlotNode{3, 4}));
}

TEST(SubtreeSums, AllSlotsAreTheSerialSumBitForBit) {
  for (const int slots : {1, 2, 3, 5, 7, 8, 13}) {
    std::vector<int> all(slots);
    for (int slot = 0; slot < slots; ++slot) all[slot] = slot;
    SubtreeSums sums(SlotTree(slots), all, 100);
    const auto parts = Fill(sums, all, 100);
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_TRUE(SameBits(parts.begin()->second, SerialTreeSum({0, slots}, 100))) << slots;
  }
}

TEST(SubtreeSums, TakesTheMaximalNodesOfScatteredSlots) {
  const std::vector<int> slots = {1, 2, 3, 8, 9, 10, 11, 12};
  std::vector<int> owners(13, 0);
  for (const int slot : slots) owners[slot] = 1;
  SubtreeSums sums(SlotTree(13), slots, 50);
  const auto parts = Fill(sums, slots, 50);
  std::vector<SlotNode> nodes;
  for (const auto& [node, sum] : parts) {
    nodes.push_back(node);
    EXPECT_TRUE(SameBits(sum, SerialTreeSum(node, 50)));
  }
  EXPECT_EQ(nodes, SlotTree(13).MaximalNodes(owners, 1));
}

TEST(SubtreeSums, OtherOrdersOfAddingGiveOtherBits) {
  std::vector<float> straight(100, 0.0F);
  for (int slot = 0; slot < 8; ++slot) {
    const std::vector<float> gradient = TestGradient(slot, 100);
    for (int i = 0; i < 100; ++i) straight[i] += gradient[i];
  }
  EXPECT_FALSE(SameBits(straight, SerialTreeSum({0, 8}, 100)));
}

TEST(SubtreeSums, HoldsLogarithmicallyManyBuffersForGood) {
  std::vector<int> all(64);
  for (int slot = 0; slot < 64; ++slot) all[slot] = slot;
  SubtreeSums sums(SlotTree(64), all, 10);
  std::set<const float*> buffers;
  for (int step = 0; step < 3; ++step) {
    for (const int slot : all) {
      buffers.insert(sums.NextBuffer().data());
      std::ranges::fill(sums.NextBuffer(), 1.0F);
      sums.Add(slot);
    }
    EXPECT_EQ(sums.Take().at({0, 64})[9], 64.0F);
    sums.Reset();
  }
  EXPECT_LE(buffers.size(), 8U);
}

TEST(SubtreeSums, ARankWithoutSlotsHasNoParts) {
  SubtreeSums sums(SlotTree(4), {}, 10);
  EXPECT_THAT(sums.Take(), IsEmpty());
}

TEST(SubtreeSums, GradientsMayBeEmpty) {
  SubtreeSums sums(SlotTree(2), {0, 1}, 0);
  EXPECT_EQ(Fill(sums, {0, 1}, 0).at({0, 2}).size(), 0U);
}

}  // namespace
}  // namespace gvsl::collective
