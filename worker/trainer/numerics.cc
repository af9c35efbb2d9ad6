#include "worker/trainer/numerics.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sum.h>
#include <torch/version.h>

#include <algorithm>
#include <cctype>

#include "common/text.h"

namespace gvsl::trainer {

void SetUpNumerics(std::uint32_t threads) {
  at::set_num_threads(static_cast<int>(std::max(threads, 1u)));
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  // Otherwise every fresh tensor is filled first.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
}

std::string NumericClass() {
  std::string capability = at::get_cpu_capability();
  std::transform(capability.begin(), capability.end(), capability.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return Concat("cpu/", capability, "/torch-", TORCH_VERSION);
}

void WarmUp() {
  const at::Tensor weight = at::ones({8, 8, 3, 3, 3}).set_requires_grad(true);
  at::sum(at::conv3d(at::ones({1, 8, 8, 8, 8}), weight, {}, 1, 1)).backward();
}

}  // namespace gvsl::trainer
