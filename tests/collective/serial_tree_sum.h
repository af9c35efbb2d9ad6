// What every tree sum is compared with: one thread, all slots, no transport.
#pragma once

#include <cstdint>
#include <vector>

#include "worker/collective/slot_tree.h"

namespace gvsl::collective {

// The gradient of one slot: signed values over twelve orders of magnitude, so that nearly every
// other order of adding gives other bits.
std::vector<float> TestGradient(int slot, std::size_t floats);

// The sum of the test gradients under `node` of the tree, written down from the definition.
std::vector<float> SerialTreeSum(SlotNode node, std::size_t floats);

// Equal as bytes.
bool SameBits(std::span<const float> left, std::span<const float> right);

}  // namespace gvsl::collective
