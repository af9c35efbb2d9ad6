#include "worker/trainer/reduction.h"

#include <utility>

#include "worker/trainer/fast_reduction.h"
#include "worker/trainer/strict_reduction.h"

namespace gvsl::trainer {

at::Device RowDevice(const ReductionParts& parts) {
  return parts.communicator.memory().OnHost() ? at::Device(at::kCPU)
                                              : parts.parameters.front().device();
}

std::unique_ptr<Reduction> MakeReduction(Numerics numerics, ReductionParts parts) {
  if (numerics == Numerics::kFast) return std::make_unique<FastReduction>(std::move(parts));
  return std::make_unique<StrictReduction>(std::move(parts));
}

}  // namespace gvsl::trainer
