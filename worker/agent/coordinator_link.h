// Keeps this worker known to the coordinator: registers, sends heartbeats, registers again when it
// was forgotten, and waits in patience while the coordinator is away.
//
// Each heartbeat is held back by the coordinator until there is a new directive, at most for one
// interval. News of this worker do not wait for that: Interrupt cancels the held call, and the next
// one carries the news. One call at a time keeps reports in order; whatever a cancelled call
// carried is sent again, and directives are level-triggered, so nothing is lost with it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/clock.h"
#include "worker/agent/coordinator_client.h"

namespace gvsl::agent {

struct LinkHooks {
  // The content of the next heartbeat: trainer, leaving, logs, checkpoints.
  std::function<v1::HeartbeatRequest()> collect;
  // Its answer.
  std::function<void(const v1::HeartbeatResponse&)> deliver;
  std::function<void()> failed;  // a call failed, but for an interruption
};

// Turn() is called by one thread; Interrupt() and registered() by any.
class CoordinatorLink {
 public:
  struct Next {
    Duration pause{};  // until the next Turn, unless there are news
    Status fatal;      // not OK: this worker is refused, there is no use in going on
  };

  CoordinatorLink(v1::RegisterWorkerRequest identity, CoordinatorClient& client, const Clock& clock,
                  LinkHooks hooks);

  // Makes one call. Fatal, before the first registration only: another version, a malformed
  // request, a name that another living worker has held for two of the coordinator's leases.
  Next Turn();
  void Interrupt() { client_.Interrupt(); }
  // The coordinator knows this worker, as far as we know. True while it is away.
  bool registered() const { return registered_; }

 private:
  Next Register();
  Next Beat();
  Next Refused(const Status& status);
  void LogChange(const Status& status);

  const v1::RegisterWorkerRequest identity_;
  CoordinatorClient& client_;
  const Clock& clock_;
  const LinkHooks hooks_;
  std::atomic<bool> registered_{false};
  bool ever_registered_ = false;
  double interval_seconds_ = 0.2;
  double lease_seconds_ = 1.5;
  std::uint64_t directive_version_ = 0;
  std::uint64_t sequence_ = 0;  // of the last heartbeat
  std::optional<TimePoint> name_taken_since_;
  StatusCode logged_code_ = StatusCode::kOk;
};

}  // namespace gvsl::agent
