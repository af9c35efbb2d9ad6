#include "worker/trainer/dataset_patience.h"

#include <algorithm>
#include <cmath>

#include "common/text.h"

namespace gvsl::trainer {
namespace {

constexpr Duration kPause = std::chrono::seconds(1);
constexpr Duration kSettling = std::chrono::seconds(5);
constexpr Duration kAskWhetherToGoOn = std::chrono::milliseconds(100);

bool IsToStop(const Attendance& attendance) { return attendance.stop.vote() == StopVote::kNow; }

void Pause(const Attendance& attendance, Duration duration) {
  const TimePoint until = attendance.clock.Now() + duration;
  while (attendance.clock.Now() < until && !IsToStop(attendance)) {
    attendance.clock.SleepFor(kAskWhetherToGoOn);
  }
}

std::int64_t WholeSeconds(Duration duration) { return std::llround(ToSeconds(duration)); }

}  // namespace

Status ReadPatiently(const std::function<Status()>& read, const Attendance& attendance,
                     Duration patience, DataUse& use) {
  Status status = read();
  if (status.code() != StatusCode::kUnavailable) return status;
  TrainerObserver& observer = attendance.observer;
  const TimePoint since = attendance.clock.Now();
  use.away = true;
  observer.OnNotice(Concat("the dataset is away, it is waited for up to ", WholeSeconds(patience),
                           " s: ", status.message()));
  while (status.code() == StatusCode::kUnavailable) {
    observer.OnData(use);
    observer.OnActivity(Activity::kReading);  // patience is no hang
    Pause(attendance, kPause);
    if (IsToStop(attendance)) {
      status = AbortedError("told to stop at once");
    } else if (attendance.clock.Now() - since >= patience) {
      status = NotFoundError(
          Concat("the dataset was away for ", WholeSeconds(patience), " s: ", status.message()));
    } else {
      status = read();
    }
  }
  use.away = false;
  observer.OnData(use);
  if (status.ok()) {
    observer.OnNotice(
        Concat("the dataset is back after ", WholeSeconds(attendance.clock.Now() - since), " s"));
  }
  return status;
}

Status ReadSettled(const std::function<Status()>& read, const std::function<FileAge()>& age,
                   const Attendance& attendance) {
  const FileAge before = age();
  const Status first = read();
  if (first.code() != StatusCode::kDataLoss) return first;
  Pause(attendance, kSettling);
  if (IsToStop(attendance)) return AbortedError("told to stop at once");
  attendance.observer.OnActivity(Activity::kReading);
  const Status second = read();
  if (second.code() != StatusCode::kDataLoss || age() == before) return second;
  return UnavailableError("a file of it is being written: " + second.message());
}

}  // namespace gvsl::trainer
