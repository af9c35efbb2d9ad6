#include "tests/collective/serial_tree_sum.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace gvsl::collective {

std::vector<float> TestGradient(int slot, std::size_t floats) {
  std::vector<float> gradient(floats);
  for (std::size_t i = 0; i < floats; ++i) {
    std::uint32_t bits = static_cast<std::uint32_t>(slot + 1) * 0x9E3779B9U + i * 0x85EBCA6BU;
    bits = (bits ^ (bits >> 15)) * 0x2C1B3C6DU;
    bits = (bits ^ (bits >> 12)) * 0x297A2D39U;
    bits ^= bits >> 15;
    const std::uint32_t exponent = 107 + ((bits >> 23) & 0xFF) % 40;
    gradient[i] = std::bit_cast<float>((bits & 0x807FFFFFU) | exponent << 23);
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
