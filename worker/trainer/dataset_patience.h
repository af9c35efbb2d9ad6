// A dataset that is away for now is waited for.
#pragma once

#include <functional>

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

// `read`, whose messages tell one content from another, as ReadVerified's do. What is damaged is
// read again after five seconds: DATA_LOSS only where it is then what it was, UNAVAILABLE where it
// became something else, for then somebody is putting the dataset back. ABORTED: told to stop.
Status ReadSettled(const std::function<Status()>& read, const Attendance& attendance);

}  // namespace gvsl::trainer
