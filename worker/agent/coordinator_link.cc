#include "worker/agent/coordinator_link.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "common/log.h"
#include "common/text.h"

namespace gvsl::agent {
namespace {

constexpr Duration kRetry = std::chrono::milliseconds(200);
constexpr int kNamePatienceLeases = 2;

bool IsRefusal(StatusCode code) {
  return code == StatusCode::kFailedPrecondition || code == StatusCode::kInvalidArgument ||
         code == StatusCode::kPermissionDenied || code == StatusCode::kUnauthenticated ||
         code == StatusCode::kUnimplemented;
}

// How long the holder of a taken name counts as living.
double LeaseOf(const Status& taken, double otherwise) {
  for (const FieldViolation& violation : taken.violations()) {
    if (violation.field != "lease_seconds") continue;
    const double seconds = std::strtod(violation.reason.c_str(), nullptr);
    if (std::isfinite(seconds) && seconds > 0) return seconds;
  }
  return otherwise;
}

}  // namespace

CoordinatorLink::CoordinatorLink(v1::RegisterWorkerRequest identity, CoordinatorClient& client,
                                 const Clock& clock, LinkHooks hooks)
    : identity_(std::move(identity)), client_(client), clock_(clock), hooks_(std::move(hooks)) {}

CoordinatorLink::Next CoordinatorLink::Turn() { return registered_ ? Beat() : Register(); }

CoordinatorLink::Next CoordinatorLink::Register() {
  const auto response = client_.Register(identity_);
  LogChange(response.status());
  if (!response.ok()) return Refused(response.status());
  const v1::RegisterWorkerResponse& terms = *response;
  if (terms.heartbeat_interval_seconds() > 0)
    interval_seconds_ = terms.heartbeat_interval_seconds();
  if (terms.lease_seconds() > 0) lease_seconds_ = terms.lease_seconds();
  name_taken_since_.reset();
  directive_version_ = 0;
  registered_ = ever_registered_ = true;
  LogInfo("registered",
          {{"lease_seconds", lease_seconds_}, {"interval_seconds", interval_seconds_}});
  return {};
}

CoordinatorLink::Next CoordinatorLink::Refused(const Status& status) {
  hooks_.failed();
  const Next again{.pause = kRetry, .fatal = OkStatus()};
  if (ever_registered_) return again;
  if (IsRefusal(status.code())) return {.pause = {}, .fatal = status};
  if (status.code() != StatusCode::kAlreadyExists) {
    name_taken_since_.reset();
    return again;
  }
  lease_seconds_ = LeaseOf(status, lease_seconds_);
  if (!name_taken_since_) name_taken_since_ = clock_.Now();
  const double seconds = ToSeconds(clock_.Now() - *name_taken_since_);
  if (seconds < kNamePatienceLeases * lease_seconds_) return again;
  return {.pause = {}, .fatal = status};
}

CoordinatorLink::Next CoordinatorLink::Beat() {
  client_.Rearm();
  v1::HeartbeatRequest request = hooks_.collect();
  request.set_name(identity_.name());
  request.set_incarnation(identity_.incarnation());
  // A worker that leaves waits for the acknowledgement, not for directives.
  request.set_wait_seconds(request.leaving() ? 0 : interval_seconds_);
  request.set_directive_version(directive_version_);
  request.set_sequence(++sequence_);
  const TimePoint begin = clock_.Now();
  const auto response = client_.Heartbeat(request);
  if (response.status().code() == StatusCode::kCancelled) return {.pause = kRetry, .fatal = {}};
  LogChange(response.status());
  if (response.status().code() == StatusCode::kNotFound) {
    registered_ = false;
    return {};
  }
  if (!response.ok()) {
    hooks_.failed();
    return {.pause = kRetry, .fatal = {}};
  }
  const bool changed = (*response).directive_version() != directive_version_;
  directive_version_ = (*response).directive_version();
  hooks_.deliver(*response);
  const Duration rest = FromSeconds(interval_seconds_) - (clock_.Now() - begin);
  return {.pause = changed ? Duration{} : std::max(rest, Duration{}), .fatal = {}};
}

void CoordinatorLink::LogChange(const Status& status) {
  if (status.code() == logged_code_) return;
  logged_code_ = status.code();
  if (status.ok()) {
    LogInfo("coordinator_answers");
  } else {
    LogWarning("coordinator_call_failed",
               {{"code", StatusCodeName(status.code())}, {"reason", status.message()}});
  }
}

}  // namespace gvsl::agent
