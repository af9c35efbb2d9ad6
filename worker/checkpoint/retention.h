// Which checkpoints of a job are kept.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gvsl::checkpoint {

struct RetentionRule {
  std::uint32_t keep_last = 3;       // the newest so many; 0 counts as 1
  std::uint64_t keep_every = 10000;  // and every multiple of this step; 0: none
};

// The steps to remove, ascending, after the checkpoint of step `good` was written and is known to
// be whole. Pure. `steps` ascends. `good` itself is never among them, and neither is anything newer
// than it: what is newer may be damaged, so it neither counts nor goes.
// Nor is `best`, where that is not 0.
std::vector<std::uint64_t> StepsToRemove(std::span<const std::uint64_t> steps, std::uint64_t good,
                                         const RetentionRule& rule, std::uint64_t best = 0);

}  // namespace gvsl::checkpoint
