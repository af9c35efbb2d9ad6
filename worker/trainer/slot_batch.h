// What one slot computes in one step.
#pragma once

#include <cstdint>
#include <vector>

#include "model/method.h"

namespace gvsl::trainer {

struct SlotBatch {
  std::vector<model::PairSample> samples;
  std::vector<std::int64_t> volumes;  // a, b by item
};

}  // namespace gvsl::trainer
