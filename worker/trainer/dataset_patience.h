// A dataset that is away for now is waited for.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "common/clock.h"
#include "common/status.h"
#include "worker/trainer/progress.h"
#include "worker/trainer/stop_flag.h"

namespace gvsl::trainer {

// Whom reading serves in one generation; borrowed.
struct Attendance {
  const StopFlag& stop;
  TrainerObserver& observer;
  Clock& clock;
};

// Calls `read` about once a second while it says UNAVAILABLE, tells the observer when the dataset
// goes and when it is back, and gives signs of activity in between. NOT_FOUND, trouble of this
// worker's own (failure.h): it was away for longer than `patience`. ABORTED: told to stop at once.
Status ReadPatiently(const std::function<Status()>& read, const Attendance& attendance,
                     Duration patience, DataUse& use);

// A file's bytes and time of change, each what it can be told of.
using FileAge = std::pair<std::uint64_t, std::int64_t>;

// What is damaged is read again after five seconds: DATA_LOSS only where the file is as old then as
// it was, UNAVAILABLE where it changed, for then somebody is putting the dataset back. ABORTED:
// told to stop.
Status ReadSettled(const std::function<Status()>& read, const std::function<FileAge()>& age,
                   const Attendance& attendance);

}  // namespace gvsl::trainer
