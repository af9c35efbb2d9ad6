// Whether a method that compares features has collapsed: every volume is given the same ones, which
// agree perfectly and say nothing. Pure but for the steps it has seen.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "common/status.h"

namespace gvsl::trainer {

// Not thread-safe. The indicators are the same on all ranks, so that all find the same.
class CollapseWatch {
 public:
  // FAILED_PRECONDITION once the indicator "spread" has been below kCollapsed for kPatience steps
  // on end.
  Status Check(std::uint64_t step, const std::map<std::string, double>& indicators);

  static constexpr double kCollapsed = 1e-4;  // of about 1; rounding alone gives 1e-7
  static constexpr int kPatience = 20;

 private:
  int below_ = 0;  // steps on end
};

}  // namespace gvsl::trainer
