// Everything outside the program that a command touches, as one argument: tests give their own.
#pragma once

#include <grpcpp/security/credentials.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "cli/core/interrupt.h"
#include "common/clock.h"
#include "common/file_system.h"
#include "gvsl/v1/checkpoint_service.grpc.pb.h"
#include "gvsl/v1/job_service.grpc.pb.h"
#include "gvsl/v1/worker_service.grpc.pb.h"

namespace gvsl::cli {

// The coordinator's three services. Calls may come from any thread.
struct Stubs {
  // Waits for a connection; false when there was none within the time.
  std::function<bool(Duration)> wait_until_connected;
  std::unique_ptr<v1::JobService::StubInterface> jobs;
  std::unique_ptr<v1::CheckpointService::StubInterface> checkpoints;
  std::unique_ptr<v1::WorkerService::StubInterface> workers;
};

using ChannelCredentials = std::shared_ptr<grpc::ChannelCredentials>;

// Nothing is connected before the first call; no proxy is asked.
Stubs Connect(const std::string& address, const ChannelCredentials& credentials);

struct Environment {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::function<int()> terminal_columns = [] { return 80; };
  Clock& clock;
  FileSystem& files;
  Interrupt& interrupt;
  std::function<Stubs(const std::string& address, const ChannelCredentials& credentials)> connect =
      Connect;
  // The value of an environment variable; absent when it is not set or empty.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  // Where gvsl-coordinator and gvsl-worker are found: gvslctl's own directory.
  std::string program_directory;
};

}  // namespace gvsl::cli
