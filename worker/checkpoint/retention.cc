#include "worker/checkpoint/retention.h"

#include <algorithm>
#include <cstddef>

namespace gvsl::checkpoint {

std::vector<std::uint64_t> StepsToRemove(std::span<const std::uint64_t> steps, std::uint64_t good,
                                         const RetentionRule& rule, std::uint64_t best) {
  const auto end = std::upper_bound(steps.begin(), steps.end(), good);
  const std::size_t older = static_cast<std::size_t>(end - steps.begin());
  const std::size_t kept = std::min<std::size_t>(older, std::max(rule.keep_last, 1u));
  std::vector<std::uint64_t> result;
  for (const std::uint64_t step : steps.first(older - kept)) {
    if (step == good || step == best) continue;
    if (rule.keep_every > 0 && step % rule.keep_every == 0) continue;
    result.push_back(step);
  }
  return result;
}

}  // namespace gvsl::checkpoint
