// The one binary tree over a job's slots along which gradients are added. Its shape depends on the
// number of slots alone; float addition is not associative, so the shape is what fixes the bits.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "worker/collective/float_memory.h"

namespace gvsl::collective {

// The slots [begin, end) under one node.
struct SlotNode {
  int begin = 0;
  int end = 0;
  auto operator<=>(const SlotNode&) const = default;
  int size() const { return end - begin; }
  bool IsLeaf() const { return size() == 1; }
};

// A node of n > 1 slots has a left child of the largest power of two below n, and the rest at the
// right. Immutable; thread-safe.
class SlotTree {
 public:
  explicit SlotTree(int slots) : slots_(slots) {}  // slots >= 1
  int slots() const { return slots_; }
  SlotNode root() const { return {0, slots_}; }
  static SlotNode Left(SlotNode node);
  static SlotNode Right(SlotNode node);
  // Undefined for the root: empty.
  std::optional<SlotNode> Parent(SlotNode node) const;
  // The largest nodes all of whose slots are `owner`'s, ascending.
  std::vector<SlotNode> MaximalNodes(std::span<const int> owners, int owner) const;

 private:
  int slots_;
};

// Adds one rank's slot gradients along the tree as they come, in ascending slot order, keeping at
// most O(log slots) buffers in `memory`, which outlives it. Not thread-safe.
class SubtreeSums {
 public:
  SubtreeSums(SlotTree tree, std::vector<int> slots, std::size_t floats,
              FloatMemory& memory = HostMemory());
  // The buffer in which the next slot's gradient is to be written (its content is undefined).
  std::span<float> NextBuffer();
  // NextBuffer() now holds the gradient of `slot`.
  void Add(int slot);
  // After the last slot: the sums of the maximal nodes. Valid until Reset.
  std::map<SlotNode, std::span<float>> Take();
  // Ready for the next step; buffers are kept.
  void Reset();

 private:
  SlotTree tree_;
  std::vector<int> slots_;
  std::size_t floats_;
  FloatMemory& memory_;
  std::map<SlotNode, FloatBuffer> sums_;
  std::vector<FloatBuffer> free_;
  std::optional<FloatBuffer> next_;
};

}  // namespace gvsl::collective
