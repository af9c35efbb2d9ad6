// Stands in for gvsl-coordinator: says its addresses, registers workers, lists them. With the file
// DIR/fail in its state directory it ends at once with a complaint.
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <signal.h>

#include <fstream>
#include <iostream>
#include <mutex>
#include <set>
#include <string>

#include "gvsl/v1/worker_service.grpc.pb.h"

namespace {

class Workers final : public gvsl::v1::WorkerService::Service {
 public:
  grpc::Status RegisterWorker(grpc::ServerContext*, const gvsl::v1::RegisterWorkerRequest* request,
                              gvsl::v1::RegisterWorkerResponse*) override {
    const std::lock_guard lock(mutex_);
    names_.insert(request->name());
    return grpc::Status::OK;
  }
  grpc::Status ListWorkers(grpc::ServerContext*, const gvsl::v1::ListWorkersRequest*,
                           gvsl::v1::ListWorkersResponse* response) override {
    const std::lock_guard lock(mutex_);
    for (const std::string& name : names_) response->add_workers()->set_name(name);
    return grpc::Status::OK;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> names_;
};

std::string Option(int argc, char** argv, const std::string& name) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == name) return argv[i + 1];
  }
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (std::ifstream(Option(argc, argv, "--state") + "/fail")) {
    std::cerr << "told to fail" << std::endl;
    return 1;
  }
  Workers workers;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(Option(argc, argv, "--listen"), grpc::InsecureServerCredentials(),
                           &port);
  builder.RegisterService(&workers);
  const auto server = builder.BuildAndStart();
  if (!server) return 1;
  std::cout << "listening 127.0.0.1:" << port << "\nhttp 127.0.0.1:1" << std::endl;
  int number = 0;
  sigwait(&signals, &number);
  server->Shutdown(std::chrono::system_clock::now());
}
