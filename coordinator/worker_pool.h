// The workers that this coordinator knows, and their leases. A lease ends lazily: whoever asks at a
// time takes away what ran out before it. Not thread-safe; the coordinator's lock guards it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/status.h"
#include "coordinator/worker_view.h"

namespace gvsl::coordinator {

struct WorkerOptions {
  Duration lease = std::chrono::milliseconds(1500);
  Duration heartbeat_interval = std::chrono::milliseconds(200);
};

class WorkerPool {
 public:
  explicit WorkerPool(WorkerOptions options) : options_(options) {}

  // INVALID_ARGUMENT: see CheckRegistration. FAILED_PRECONDITION: another version (names both).
  // ALREADY_EXISTS: a living worker with this name and another incarnation, or with this rank of
  // its static gang (FAILED_PRECONDITION: with another size of it); the violation `lease_seconds`
  // says how long the lease is. The same incarnation again is the same worker.
  Status Register(TimePoint now, const v1::RegisterWorkerRequest& request);
  // NOT_FOUND: register (again). ABORTED: a later one was taken already.
  Status Heartbeat(TimePoint now, const v1::HeartbeatRequest& request);
  // Takes away the workers whose lease has run out and returns them.
  std::vector<WorkerView> Expire(TimePoint now);
  // No lease runs out before so long from now: after a start, or when this process itself stood
  // still.
  void Hold(TimePoint until) { not_before_ = until; }

  const WorkerViews& workers() const { return workers_; }
  WorkerView* Find(const std::string& name);
  const WorkerOptions& options() const { return options_; }

 private:
  WorkerOptions options_;
  WorkerViews workers_;
  TimePoint not_before_;
};

}  // namespace gvsl::coordinator
