// gRPC's door for worker agents.
#pragma once

#include "coordinator/coordinator.h"
#include "gvsl/v1/worker_service.grpc.pb.h"

namespace gvsl::coordinator {

class WorkerServiceImpl final : public v1::WorkerService::Service {
 public:
  explicit WorkerServiceImpl(Coordinator& coordinator) : coordinator_(coordinator) {}

  grpc::Status RegisterWorker(grpc::ServerContext*, const v1::RegisterWorkerRequest*,
                              v1::RegisterWorkerResponse*) override;
  // Holds its thread for at most CoordinatorOptions::longest_wait.
  grpc::Status Heartbeat(grpc::ServerContext*, const v1::HeartbeatRequest*,
                         v1::HeartbeatResponse*) override;
  grpc::Status ListWorkers(grpc::ServerContext*, const v1::ListWorkersRequest*,
                           v1::ListWorkersResponse*) override;

 private:
  Coordinator& coordinator_;
};

}  // namespace gvsl::coordinator
