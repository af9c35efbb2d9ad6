// The coordinator as the agent sees it: the gRPC stub behind a pure interface.
#pragma once

#include "common/clock.h"
#include "common/status.h"
#include "gvsl/v1/worker_service.pb.h"

namespace gvsl::agent {

// Calls come from one thread at a time; Interrupt from any.
class CoordinatorClient {
 public:
  virtual ~CoordinatorClient() = default;

  // Errors carry the coordinator's code; UNAVAILABLE or DEADLINE_EXCEEDED when it cannot be
  // reached.
  virtual StatusOr<v1::RegisterWorkerResponse> Register(
      const v1::RegisterWorkerRequest& request) = 0;
  // Returns within request.wait_seconds and the time allowed for the network. CANCELLED after
  // Interrupt.
  virtual StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request) = 0;
  // Ends a held heartbeat at once, or, if none is under way, the next one before it is sent, unless
  // Rearm comes first.
  virtual void Interrupt() = 0;
  virtual void Rearm() = 0;
};

}  // namespace gvsl::agent
