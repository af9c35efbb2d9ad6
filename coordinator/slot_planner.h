// Slots to members by speed. Which member computes a slot never changes the result (strict), only
// how long a step takes, so the plan may be made anew for every generation.
#pragma once

#include <cstdint>
#include <vector>

namespace gvsl::coordinator {

// Deals the slots [0, slots) to the members in contiguous ascending ranges, each member at least
// one, so that the slowest member's time is as short as it can be. `slot_seconds` is what one slot
// takes a member, 0 where that is not known (the median of the known ones is assumed).
// Deterministic. Requires 1 <= slot_seconds.size() <= slots.
std::vector<std::vector<std::uint32_t>> PlanSlots(std::uint32_t slots,
                                                  const std::vector<double>& slot_seconds);

}  // namespace gvsl::coordinator
