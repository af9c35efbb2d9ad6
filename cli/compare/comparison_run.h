// Having the jobs of a comparison made: submitted when what they begin with is there, watched until
// all have ended.
#pragma once

#include <functional>
#include <vector>

#include "cli/compare/comparison.h"
#include "cli/core/context.h"

namespace gvsl::cli {

// By planned job; absent where it was not submitted, because what it begins with failed.
using ComparedJobs = std::vector<std::optional<v1::Job>>;

// All jobs are validated before the first is submitted. Jobs that this comparison submitted before
// are found again: those that ended well are not made again, others are resumed if `resume` (else a
// paused one is waited for). A coordinator that is away (after a first answer) is waited for, with
// a notice, for --timeout or five minutes. CANCELLED after Ctrl-C: the jobs go on, and the same
// command finds them. `on_news` is called whenever a job's state has changed.
StatusOr<ComparedJobs> RunComparison(Context& context, const std::vector<PlannedJob>& planned,
                                     bool resume,
                                     const std::function<void(const v1::Job&)>& on_news);

}  // namespace gvsl::cli
