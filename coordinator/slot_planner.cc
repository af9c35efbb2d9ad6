#include "coordinator/slot_planner.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace gvsl::coordinator {
namespace {

bool IsKnown(double seconds) { return std::isfinite(seconds) && seconds > 0; }

std::vector<double> FillUnknown(std::vector<double> seconds) {
  std::vector<double> known;
  std::copy_if(seconds.begin(), seconds.end(), std::back_inserter(known), IsKnown);
  std::sort(known.begin(), known.end());
  const double median = known.empty() ? 1.0 : known[known.size() / 2];
  for (double& value : seconds) {
    if (!IsKnown(value)) value = median;
  }
  return seconds;
}

}  // namespace

std::vector<std::vector<std::uint32_t>> PlanSlots(std::uint32_t slots,
                                                  const std::vector<double>& slot_seconds) {
  assert(!slot_seconds.empty() && slot_seconds.size() <= slots);
  const std::vector<double> seconds = FillUnknown(slot_seconds);
  std::vector<std::uint32_t> counts(seconds.size(), 1);
  for (std::size_t dealt = seconds.size(); dealt < slots; ++dealt) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < counts.size(); ++i) {
      if ((counts[i] + 1) * seconds[i] < (counts[best] + 1) * seconds[best]) best = i;
    }
    ++counts[best];
  }
  std::vector<std::vector<std::uint32_t>> plan;
  std::uint32_t next = 0;
  for (const std::uint32_t count : counts) {
    plan.emplace_back(count);
    std::iota(plan.back().begin(), plan.back().end(), next);
    next += count;
  }
  return plan;
}

}  // namespace gvsl::coordinator
