#include "worker/trainer/numerics.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sum.h>

#include <algorithm>

namespace gvsl::trainer {

void SetUpNumerics(std::uint32_t threads) {
  at::set_num_threads(static_cast<int>(std::max(threads, 1u)));
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  // Otherwise every fresh tensor is filled first.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
}

void WarmUp() {
  const at::Tensor weight = at::ones({8, 8, 3, 3, 3}).set_requires_grad(true);
  at::sum(at::conv3d(at::ones({1, 8, 8, 8, 8}), weight, {}, 1, 1)).backward();
}

}  // namespace gvsl::trainer
