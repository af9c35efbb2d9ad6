// Stands in for gvsl-worker: registers once and waits for SIGTERM, which it ignores when its work
// directory holds a file `stubborn`.
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "gvsl/v1/worker_service.grpc.pb.h"

namespace {

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
  const auto stub = gvsl::v1::WorkerService::NewStub(
      grpc::CreateChannel(Option(argc, argv, "--coordinator"), grpc::InsecureChannelCredentials()));
  gvsl::v1::RegisterWorkerRequest request;
  request.set_name(Option(argc, argv, "--name"));
  gvsl::v1::RegisterWorkerResponse response;
  grpc::ClientContext call;
  call.set_wait_for_ready(true);
  if (!stub->RegisterWorker(&call, request, &response).ok()) return 1;
  int number = 0;
  sigwait(&signals, &number);
  if (std::ifstream(Option(argc, argv, "--work-dir") + "/stubborn")) alarm(60), pause();
}
