// Small tensors for tests.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>

#include "common/philox.h"
#include "model/method.h"

namespace gvsl::model {

// float32, uniform in [0, 1).
inline at::Tensor Noise(at::IntArrayRef shape, std::uint64_t seed) {
  Philox draws(seed, DrawPurpose::kVirtualSubject, 0, 0);
  at::Tensor noise = at::empty(shape, at::kFloat);
  std::generate_n(noise.data_ptr<float>(), noise.numel(), [&] { return draws.NextFloat(); });
  return noise;
}

// A pair of smooth-ish volumes (1, n, n+1, n+2).
inline PairSample MakeSample(std::int64_t n, SampleKey key) {
  const auto volume = [n](std::uint64_t seed) {
    const at::Tensor coarse = Noise({1, 1, 4, 4, 4}, seed);
    return at::upsample_trilinear3d(coarse, {n, n + 1, n + 2}, true).squeeze(0);
  };
  return {volume(2 * key.item + 11), volume(2 * key.item + 12), key};
}

}  // namespace gvsl::model
