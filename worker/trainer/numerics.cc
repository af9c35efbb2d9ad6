#include "worker/trainer/numerics.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sum.h>

#include <algorithm>
#include <cstdlib>

#include "worker/trainer/device.h"

namespace gvsl::trainer {

void SetUpNumerics(std::uint32_t threads, c10::Device device, Numerics numerics) {
  at::set_num_threads(static_cast<int>(std::max(threads, 1u)));
  at::Context& context = at::globalContext();
  // Otherwise every fresh tensor is filled first.
  context.setDeterministicFillUninitializedMemory(false);
  if (device.is_cpu()) return context.setDeterministicAlgorithms(true, /*warn_only=*/true);
  const bool strict = numerics != Numerics::kFast;
  // cuBLAS reads it when it makes its first handle; its workspaces decide about bits.
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/1);
  context.setDeterministicAlgorithms(strict, /*warn_only=*/false);
  context.setDeterministicCuDNN(strict);
  context.setBenchmarkCuDNN(!strict);
  context.setAllowTF32CuDNN(!strict);
  context.setAllowTF32CuBLAS(!strict);
}

void WarmUp(c10::Device device) {
  const at::Tensor weight = at::ones({8, 8, 3, 3, 3}, device).set_requires_grad(true);
  const at::Tensor volume = at::ones({1, 8, 8, 8, 8}, device);
  at::sum(at::conv3d(volume, weight, {}, 1, 1)).backward();
  Synchronize(device);
}

}  // namespace gvsl::trainer
