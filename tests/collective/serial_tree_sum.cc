#include "tests/collective/serial_tree_sum.h"

#include <cmath>
#include <cstring>
#include <random>

namespace gvsl::collective {

std::vector<float> TestGradient(int slot, std::size_t floats) {
  std::mt19937 random(1000 + slot);
  std::vector<float> gradient(floats);
  for (float& value : gradient) {
    const float mantissa = static_cast<float>(random() >> 8) / (1 << 23) - 1.0F;
    value = std::ldexp(mantissa, static_cast<int>(random() % 40) - 20);
  }
  return gradient;
}

std::vector<float> SerialTreeSum(SlotNode node, std::size_t floats) {
  if (node.end - node.begin == 1) return TestGradient(node.begin, floats);
  int left_slots = 1;
  while (2 * left_slots < node.end - node.begin) left_slots *= 2;
  const int middle = node.begin + left_slots;
  std::vector<float> sum = SerialTreeSum({node.begin, middle}, floats);
  const std::vector<float> right = SerialTreeSum({middle, node.end}, floats);
  for (std::size_t i = 0; i < floats; ++i) sum[i] += right[i];
  return sum;
}

bool SameBits(std::span<const float> left, std::span<const float> right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size_bytes()) == 0);
}

}  // namespace gvsl::collective
