#include "coordinator/worker_pool.h"

#include <algorithm>
#include <cctype>

#include "common/text.h"
#include "common/version.h"

namespace gvsl::coordinator {
namespace {

bool IsWorkerName(const std::string& name) {
  return !name.empty() && name.size() <= 128 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

Status WorkerPool::Register(TimePoint now, const v1::RegisterWorkerRequest& request) {
  if (!IsWorkerName(request.name())) {
    return InvalidArgumentError(Concat("'", request.name(), "' is no name of a worker"))
        .WithViolation("name", "1 to 128 letters, digits, '-', '_' and '.' are expected");
  }
  if (request.incarnation().empty()) {
    return InvalidArgumentError("incarnation: is required")
        .WithViolation("incarnation", "is required");
  }
  if (request.version() != kVersion) {
    return FailedPreconditionError(Concat("worker ", request.name(), " has version ",
                                          request.version(), ", the coordinator ", kVersion));
  }
  const auto found = workers_.find(request.name());
  if (found != workers_.end() && found->second.incarnation != request.incarnation()) {
    return AlreadyExistsError(
        Concat("a living worker has the name ", request.name(), "; its lease ends ",
               ToSeconds(options_.lease - (now - found->second.last_heartbeat)), " s from now"));
  }
  WorkerView& worker = workers_[request.name()];
  worker.name = request.name();
  worker.incarnation = request.incarnation();
  worker.version = request.version();
  worker.device = request.device().empty() ? "cpu" : request.device();
  worker.threads = std::max(1u, request.threads());
  worker.numeric_class = request.numeric_class();
  worker.last_heartbeat = now;
  return OkStatus();
}

Status WorkerPool::Heartbeat(TimePoint now, const v1::HeartbeatRequest& request) {
  WorkerView* worker = Find(request.name());
  if (worker == nullptr || worker->incarnation != request.incarnation()) {
    return NotFoundError(Concat("worker ", request.name(), " is not registered"));
  }
  worker->last_heartbeat = now;
  worker->reported = true;
  worker->leaving = request.leaving();
  worker->report = request.trainer();
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
