#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <algorithm>
#include <cctype>

#include "common/text.h"
#include "worker/trainer/job_session.h"

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

}  // namespace gvsl::trainer
