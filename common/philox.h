// Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3" (SC 2011). A draw is a pure function of (key, counter): nothing is drawn from a
// process's own state, so every slot of every step can be computed anywhere, again, to the same
// bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gvsl {

std::array<std::uint32_t, 4> Philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

// What a stream of draws is for. Part of the key, so that two purposes never share numbers.
// Values are part of the format of a job: append, never renumber.
enum class DrawPurpose : std::uint32_t {
  kShardOrder = 1,
  kVolumeOrder = 2,
  kPairing = 3,
  kCrop = 4,
  kAppearance = 5,
  kSpatial = 6,
  kInitialWeights = 7,
  kSplit = 8,
  kVirtualSubject = 9,
  kDamage = 10,
  kView = 11,
  kRotation = 12,
  kClusters = 13,
  kLook = 14,
  kStandIn = 15,
};

// A stream of draws named by (seed, purpose, a, b): for a sample a is the step and b the slot in
// its upper 32 bits and the batch item in its lower. Not thread-safe; cheap to make, one a use.
class Philox {
 public:
  Philox(std::uint64_t seed, DrawPurpose purpose, std::uint64_t a, std::uint64_t b);

  std::uint32_t NextUint32();
  // Uniform in [0, bound) without bias (Lemire's rejection); bound > 0.
  std::uint32_t NextBelow(std::uint32_t bound);
  // Uniform in [0, 1) on a grid of 2^-24; exact in float.
  float NextFloat();
  // Uniform in [low, high).
  float NextFloat(float low, float high);
  // Uniform in [0, 1) on a grid of 2^-53.
  double NextDouble();
  // Standard normal (Box-Muller).
  double NextNormal();

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;
};

// A uniformly drawn permutation of 0..size-1 (Fisher-Yates).
std::vector<std::uint32_t> RandomPermutation(Philox& philox, std::uint32_t size);

}  // namespace gvsl
