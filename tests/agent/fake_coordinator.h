// A WorkerService on loopback that remembers everything and gives the directive it is told to.
#pragma once

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gvsl/v1/worker_service.grpc.pb.h"

namespace gvsl::agent {

class FakeCoordinator final : public v1::WorkerService::Service {
 public:
  // What the coordinator knows; read through With and WaitFor.
  struct Book {
    std::vector<v1::RegisterWorkerRequest> registrations;
    std::vector<v1::TrainerReport> reports;         // whenever one differs from the one before
    std::vector<v1::CheckpointReport> checkpoints;  // by step, each once
    std::map<std::string, std::string> logs;        // by job
    bool leaving = false;
    bool knows_worker = false;
    bool stopping = false;
    double interval_seconds = 0.2;  // told at registration; an answer is held so long
    grpc::Status register_status;
    v1::Directive directive;
    std::uint64_t directive_version = 1;

    v1::TrainerReport report() const {
      return reports.empty() ? v1::TrainerReport() : reports.back();
    }
  };

  FakeCoordinator();
  ~FakeCoordinator() override;

  std::string address() const { return address_; }
  // The process goes away, and comes back at the same address, having forgotten the worker.
  void Stop();
  void Start();

  void Assign(const std::string& script, std::uint64_t generation, const std::string& peer_address);
  void Order(v1::StopOrder::Mode mode);
  void TakeJobAway();
  void With(const std::function<void(Book&)>& action);
  // False after 30 s.
  bool WaitFor(const std::function<bool(const Book&)>& condition);

 private:
  grpc::Status RegisterWorker(grpc::ServerContext* context,
                              const v1::RegisterWorkerRequest* request,
                              v1::RegisterWorkerResponse* response) override;
  grpc::Status Heartbeat(grpc::ServerContext* context, const v1::HeartbeatRequest* request,
                         v1::HeartbeatResponse* response) override;
  void Note(const v1::HeartbeatRequest& request, v1::HeartbeatResponse& response);

  std::mutex mutex_;
  std::condition_variable changed_;
  Book book_;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace gvsl::agent
