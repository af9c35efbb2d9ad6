// Whole numbers from a range.
#pragma once

#include <cstdint>

#include "common/philox.h"

namespace gvsl::model {

// Uniform in [low, high]; low <= high.
inline std::int64_t DrawBetween(Philox& draws, std::int64_t low, std::int64_t high) {
  return low + draws.NextBelow(static_cast<std::uint32_t>(high - low + 1));
}

}  // namespace gvsl::model
