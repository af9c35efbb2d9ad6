// The area under the ROC curve and how sure it is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/status.h"

namespace gvsl::model {

struct Interval {
  double low = 0;
  double high = 0;
};

struct RocArea {
  // The share of pairs (positive, negative) in which the positive scores higher, a tie counting
  // one half (Mann and Whitney); in [0, 1].
  double auc = 0;
  // auc -+ 1.96 standard errors of DeLong, DeLong and Clarke-Pearson, "Comparing the areas under
  // two or more correlated receiver operating characteristic curves" (Biometrics 44, 1988), clipped
  // to [0, 1]. Absent where a class has a single case, for that has no variance. Of width 0 where
  // all scores are equal or the classes do not mix: it is an interval for many cases.
  std::optional<Interval> confidence95;
};

// Of one score and one label a case, 1 for positive and 0 for negative. INVALID_ARGUMENT where the
// spans differ in length, a score is not finite or a label neither 0 nor 1; FAILED_PRECONDITION
// where a class has no case. O(n log n), with the midranks of Sun and Xu, "Fast implementation of
// DeLong's algorithm" (IEEE Signal Processing Letters 21, 2014). Pure function, safe from any
// thread.
StatusOr<RocArea> MeasureRocArea(std::span<const double> scores,
                                 std::span<const std::uint8_t> labels);

}  // namespace gvsl::model
