#include "worker/collective/slot_tree.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace gvsl::collective {
namespace {

int LeftSize(int slots) {
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(slots) - 1));
}

void CollectMaximal(SlotNode node, std::span<const int> owners, int owner,
                    std::vector<SlotNode>& found) {
  const auto slots = owners.subspan(node.begin, node.size());
  const auto owned = std::ranges::count(slots, owner);
  if (owned == 0) return;
  if (owned == node.size()) {
    found.push_back(node);
    return;
  }
  CollectMaximal(SlotTree::Left(node), owners, owner, found);
  CollectMaximal(SlotTree::Right(node), owners, owner, found);
}

}  // namespace

SlotNode SlotTree::Left(SlotNode node) {
  assert(!node.IsLeaf());
  return {node.begin, node.begin + LeftSize(node.size())};
}

SlotNode SlotTree::Right(SlotNode node) {
  assert(!node.IsLeaf());
  return {node.begin + LeftSize(node.size()), node.end};
}

std::optional<SlotNode> SlotTree::Parent(SlotNode node) const {
  SlotNode above = root();
  while (above.size() > node.size()) {
    const SlotNode left = Left(above);
    const SlotNode below = node.begin < left.end ? left : Right(above);
    if (below == node) return above;
    above = below;
  }
  return std::nullopt;
}

std::vector<SlotNode> SlotTree::MaximalNodes(std::span<const int> owners, int owner) const {
  assert(std::ssize(owners) == slots_);
  std::vector<SlotNode> found;
  CollectMaximal(root(), owners, owner, found);
  return found;
}

SubtreeSums::SubtreeSums(SlotTree tree, std::vector<int> slots, std::size_t floats,
                         FloatMemory& memory)
    : tree_(tree), slots_(std::move(slots)), floats_(floats), memory_(memory) {
  assert(std::ranges::is_sorted(slots_));
}

std::span<float> SubtreeSums::NextBuffer() {
  if (!next_) {
    if (free_.empty()) {
      next_.emplace(memory_, floats_);
    } else {
      next_ = std::move(free_.back());
      free_.pop_back();
    }
  }
  return next_->span();
}

void SubtreeSums::Add(int slot) {
  assert(std::ranges::binary_search(slots_, slot));
  NextBuffer();
  FloatBuffer sum = *std::exchange(next_, std::nullopt);
  SlotNode node{slot, slot + 1};
  // Slots come in ascending order, so that a node is complete when its right child is.
  for (auto parent = tree_.Parent(node); parent; parent = tree_.Parent(node)) {
    const auto left = sums_.find(SlotTree::Left(*parent));
    if (left == sums_.end()) break;
    memory_.Add(left->second.span(), sum.span(), left->second.span());
    free_.push_back(std::exchange(sum, std::move(left->second)));
    sums_.erase(left);
    node = *parent;
  }
  sums_[node] = std::move(sum);
}

std::map<SlotNode, std::span<float>> SubtreeSums::Take() {
  std::map<SlotNode, std::span<float>> parts;
  for (auto& [node, sum] : sums_) parts.emplace(node, sum.span());
  return parts;
}

void SubtreeSums::Reset() {
  for (auto& [node, sum] : sums_) free_.push_back(std::move(sum));
  sums_.clear();
}

}  // namespace gvsl::collective
