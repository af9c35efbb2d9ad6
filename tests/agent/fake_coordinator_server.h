// A FakeCoordinator as a gRPC service on loopback.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "common/grpc_status.h"
#include "common/text.h"
#include "gvsl/v1/worker_service.grpc.pb.h"
#include "tests/agent/fake_coordinator.h"

namespace gvsl::agent {

class FakeCoordinatorServer final : public v1::WorkerService::Service {
 public:
  explicit FakeCoordinatorServer(FakeCoordinator& coordinator) : coordinator_(coordinator) {
    Start();
  }
  ~FakeCoordinatorServer() override { Stop(); }

  std::string address() const { return address_; }
  // The process goes away, and comes back at the same address.
  void Stop() {
    if (server_ == nullptr) return;
    coordinator_.Stop();
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  void Start() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = Concat("127.0.0.1:", port);
    coordinator_.Start();
  }

 private:
  grpc::Status RegisterWorker(grpc::ServerContext* /*context*/,
                              const v1::RegisterWorkerRequest* request,
                              v1::RegisterWorkerResponse* response) override {
    return Answer(coordinator_.Register(*request), response);
  }
  grpc::Status Heartbeat(grpc::ServerContext* /*context*/, const v1::HeartbeatRequest* request,
                         v1::HeartbeatResponse* response) override {
    return Answer(coordinator_.Heartbeat(*request, [] { return false; }), response);
  }
  template <typename T>
  static grpc::Status Answer(StatusOr<T> result, T* response) {
    if (result.ok()) *response = *std::move(result);
    return ToGrpcStatus(result.status());
  }

  FakeCoordinator& coordinator_;
  std::string address_ = "127.0.0.1:0";
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace gvsl::agent
