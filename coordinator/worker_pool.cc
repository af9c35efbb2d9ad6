#include "coordinator/worker_pool.h"

#include <algorithm>

#include "common/text.h"
#include "common/version.h"
#include "coordinator/report_check.h"
#include "coordinator/static_gang.h"

namespace gvsl::coordinator {
Status WorkerPool::Register(TimePoint now, const v1::RegisterWorkerRequest& request) {
  GVSL_RETURN_IF_ERROR(CheckRegistration(request));
  if (request.version() != kVersion) {
    return FailedPreconditionError(Concat("worker ", request.name(), " has version ",
                                          request.version(), ", the coordinator ", kVersion));
  }
  const auto found = workers_.find(request.name());
  if (found != workers_.end() && found->second.incarnation != request.incarnation()) {
    return AlreadyExistsError(
               Concat("a living worker has the name ", request.name(), "; its lease ends ",
                      ToSeconds(options_.lease - (now - found->second.last_heartbeat)),
                      " s from now"))
        .WithViolation("lease_seconds", Concat(ToSeconds(options_.lease)));
  }
  if (Status place = CheckStaticGang(request, workers_); !place.ok()) {
    if (place.code() != StatusCode::kAlreadyExists) return place;
    return std::move(place).WithViolation("lease_seconds", Concat(ToSeconds(options_.lease)));
  }
  WorkerView& worker = workers_[request.name()];
  worker.name = request.name();
  worker.incarnation = request.incarnation();
  worker.version = request.version();
  worker.device = request.device().empty() ? "cpu" : request.device();
  worker.threads = std::max(1u, request.threads());
  worker.numeric_class = request.numeric_class();
  worker.static_gang = request.static_gang();
  worker.last_heartbeat = now;
  return OkStatus();
}

Status WorkerPool::Heartbeat(TimePoint now, const v1::HeartbeatRequest& request) {
  WorkerView* worker = Find(request.name());
  if (worker == nullptr || worker->incarnation != request.incarnation()) {
    return NotFoundError(Concat("worker ", request.name(), " is not registered"));
  }
  if (request.sequence() > 0 && request.sequence() <= worker->sequence) {
    return AbortedError(Concat("heartbeat ", request.sequence(), " of worker ", request.name(),
                               " comes after heartbeat ", worker->sequence));
  }
  worker->sequence = request.sequence();
  worker->last_heartbeat = now;
  worker->reported = true;
  worker->leaving = request.leaving();
  worker->report = CleanReport(request.trainer());
  return OkStatus();
}

std::vector<WorkerView> WorkerPool::Expire(TimePoint now) {
  std::vector<WorkerView> expired;
  if (now < not_before_) return expired;
  std::erase_if(workers_, [&](auto& entry) {
    if (now - entry.second.last_heartbeat <= options_.lease) return false;
    expired.push_back(std::move(entry.second));
    return true;
  });
  return expired;
}

WorkerView* WorkerPool::Find(const std::string& name) {
  const auto found = workers_.find(name);
  return found == workers_.end() ? nullptr : &found->second;
}

}  // namespace gvsl::coordinator
