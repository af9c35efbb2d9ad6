// Element-wise float sums, the only arithmetic of the collectives.
#pragma once

#include <span>

namespace gvsl::collective {

// into[i] = left[i] + right[i], for equally long spans; `into` may be `left`.
void Add(std::span<const float> left, std::span<const float> right, std::span<float> into);

}  // namespace gvsl::collective
