// Tests that need GPUs say so by name where there are none.
#pragma once

#include <gtest/gtest.h>

#include "model/cuda/devices.h"

namespace gvsl::testing {

inline int GpuCount() { return static_cast<int>(model::cuda::Devices().found.size()); }

#define GVSL_SKIP_WITHOUT_GPUS(count)                                                       \
  if (::gvsl::testing::GpuCount() < (count)) {                                              \
    GTEST_SKIP() << "needs " << (count) << " GPU(s); here: " << ::gvsl::testing::GpuCount() \
                 << " (" << ::gvsl::model::cuda::Devices().why_none << ")";                 \
  }                                                                                         \
  static_assert(true)

}  // namespace gvsl::testing
