// A coordinator that remembers everything and gives the directive it is told to. Without gRPC, so
// that ThreadSanitizer can watch the agent.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "gvsl/v1/worker_service.pb.h"
#include "worker/agent/coordinator_client.h"

namespace gvsl::agent {

// Thread-safe.
class FakeCoordinator {
 public:
  // What the coordinator knows; read through With and WaitFor.
  struct Book {
    std::vector<v1::RegisterWorkerRequest> registrations;
    std::vector<v1::TrainerReport> reports;         // whenever one differs from the one before
    std::vector<v1::CheckpointReport> checkpoints;  // by step, each once
    std::map<std::string, std::string> logs;        // by job
    bool leaving = false;
    bool knows_worker = false;
    bool away = false;
    double interval_seconds = 0.2;  // told at registration; an answer is held so long
    Status register_status;         // not OK: what a registration gets
    v1::Directive directive;
    std::uint64_t directive_version = 1;

    v1::TrainerReport report() const {
      return reports.empty() ? v1::TrainerReport() : reports.back();
    }
  };

  // The process goes away (calls fail, held ones too), and comes back having forgotten the worker.
  void Stop();
  void Start();

  void Assign(const std::string& script, std::uint64_t generation, const std::string& peer_address);
  void Order(v1::StopOrder::Mode mode);
  void TakeJobAway();
  void With(const std::function<void(Book&)>& action);
  // False after 30 s.
  bool WaitFor(const std::function<bool(const Book&)>& condition);

  // What the service does. A held answer leaves early when `interrupted` is true, and With was
  // called.
  StatusOr<v1::RegisterWorkerResponse> Register(const v1::RegisterWorkerRequest& request);
  StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request,
                                            const std::function<bool()>& interrupted);

 private:
  void Note(const v1::HeartbeatRequest& request, v1::HeartbeatResponse& response);

  std::mutex mutex_;
  std::condition_variable changed_;
  Book book_;
};

// Calls a FakeCoordinator of the same process.
class DirectCoordinatorClient final : public CoordinatorClient {
 public:
  explicit DirectCoordinatorClient(FakeCoordinator& coordinator) : coordinator_(coordinator) {}
  StatusOr<v1::RegisterWorkerResponse> Register(const v1::RegisterWorkerRequest& request) override {
    return coordinator_.Register(request);
  }
  StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request) override {
    return coordinator_.Heartbeat(request, [this] { return interrupted_.load(); });
  }
  void Interrupt() override {
    interrupted_ = true;
    coordinator_.With([](FakeCoordinator::Book&) {});
  }
  void Rearm() override { interrupted_ = false; }

 private:
  FakeCoordinator& coordinator_;
  std::atomic<bool> interrupted_{false};
};

}  // namespace gvsl::agent
