#include "worker/collective/float_sum.h"

#include <cassert>
#include <cstddef>

namespace gvsl::collective {

void Add(std::span<const float> left, std::span<const float> right, std::span<float> into) {
  assert(left.size() == into.size() && right.size() == into.size());
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = left[i] + right[i];
}

}  // namespace gvsl::collective
