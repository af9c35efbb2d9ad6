// The gRPC server with all services, health and reflection, and the thread that lets time pass.
#pragma once

#include <memory>
#include <string>

#include "common/file_system.h"
#include "common/metrics.h"
#include "common/status.h"
#include "coordinator/coordinator.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace gvsl::coordinator {

// Borrows everything it is given. Serves from Start until Stop or destruction.
class CoordinatorServer {
 public:
  // UNAVAILABLE: the address can not be bound. Port 0 picks one.
  static StatusOr<std::unique_ptr<CoordinatorServer>> Start(
      const std::string& address, std::shared_ptr<grpc::ServerCredentials> credentials,
      Coordinator& coordinator, LogStore& logs, FileSystem& files, Metrics& metrics, Clock& clock);
  ~CoordinatorServer();
  // HOST:PORT with the port that was bound.
  const std::string& address() const;
  // Answers what waits, takes nothing new, and returns when all handlers have.
  void Stop();

 private:
  struct Impl;
  explicit CoordinatorServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvsl::coordinator
