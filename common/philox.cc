#include "common/philox.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace gvsl {
namespace {

constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;

// SplitMix64's finaliser: spreads the four naming numbers over key and counter.
std::uint64_t Mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

std::array<std::uint32_t, 4> Philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

Philox::Philox(std::uint64_t seed, DrawPurpose purpose, std::uint64_t a, std::uint64_t b) {
  const std::uint64_t key = Mix(Mix(seed) ^ static_cast<std::uint32_t>(purpose));
  key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
  const std::uint64_t name = Mix(Mix(a) ^ b);
  counter_ = {0, 0, static_cast<std::uint32_t>(name), static_cast<std::uint32_t>(name >> 32)};
}

std::uint32_t Philox::NextUint32() {
  if (used_ == 4) {
    block_ = Philox4x32(counter_, key_);
    used_ = 0;
    if (++counter_[0] == 0) ++counter_[1];
  }
  return block_[used_++];
}

std::uint32_t Philox::NextBelow(std::uint32_t bound) {
  const std::uint32_t threshold = (0U - bound) % bound;
  while (true) {
    const std::uint64_t product = std::uint64_t{NextUint32()} * bound;
    if (static_cast<std::uint32_t>(product) >= threshold) {
      return static_cast<std::uint32_t>(product >> 32);
    }
  }
}

float Philox::NextFloat() { return static_cast<float>(NextUint32() >> 8) * 0x1.0p-24F; }

float Philox::NextFloat(float low, float high) { return low + (high - low) * NextFloat(); }

double Philox::NextDouble() {
  const std::uint64_t high = NextUint32() >> 5;
  const std::uint64_t low = NextUint32() >> 6;
  return static_cast<double>((high << 26) | low) * 0x1.0p-53;
}

double Philox::NextNormal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - NextDouble()));
  return radius * std::cos(2.0 * std::numbers::pi * NextDouble());
}

std::vector<std::uint32_t> RandomPermutation(Philox& philox, std::uint32_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t i = size; i > 1; --i) std::swap(order[i - 1], order[philox.NextBelow(i)]);
  return order;
}

}  // namespace gvsl
