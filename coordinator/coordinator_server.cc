#include "coordinator/coordinator_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <stop_token>
#include <thread>
#include <vector>

#include "common/text.h"
#include "coordinator/checkpoint_service.h"
#include "coordinator/grpc_metrics.h"
#include "coordinator/job_service.h"
#include "coordinator/worker_service.h"

namespace gvsl::coordinator {
namespace {

constexpr auto kTick = std::chrono::milliseconds(50);
constexpr auto kDrain = std::chrono::seconds(2);
// Every held heartbeat and every stream has a thread.
constexpr int kMaxThreads = 2048;

std::jthread Often(std::function<void()> action) {
  return std::jthread([action = std::move(action)](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      action();
      std::this_thread::sleep_for(kTick);
    }
  });
}

}  // namespace

struct CoordinatorServer::Impl {
  Impl(Coordinator& coordinator_, LogStore& logs, FileSystem& files)
      : coordinator(coordinator_),
        jobs(coordinator, logs),
        workers(coordinator),
        checkpoints(coordinator, files) {}

  Coordinator& coordinator;
  JobServiceImpl jobs;
  WorkerServiceImpl workers;
  CheckpointServiceImpl checkpoints;
  std::string address;
  std::unique_ptr<grpc::Server> server;
  std::jthread ticker;
  std::jthread disk_reader;
};

CoordinatorServer::CoordinatorServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CoordinatorServer::~CoordinatorServer() { Stop(); }
const std::string& CoordinatorServer::address() const { return impl_->address; }

StatusOr<std::unique_ptr<CoordinatorServer>> CoordinatorServer::Start(
    const std::string& address, std::shared_ptr<grpc::ServerCredentials> credentials,
    Coordinator& coordinator, LogStore& logs, FileSystem& files, Metrics& metrics, Clock& clock) {
  auto impl = std::make_unique<Impl>(coordinator, logs, files);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, std::move(credentials), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.SetResourceQuota(grpc::ResourceQuota("gvsl-coordinator").SetMaxThreads(kMaxThreads));
  builder.RegisterService(&impl->jobs);
  builder.RegisterService(&impl->workers);
  builder.RegisterService(&impl->checkpoints);
  builder.experimental().SetInterceptorCreators(MeasureCalls(metrics, clock));
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || port == 0) {
    return UnavailableError(Concat("cannot listen on ", address, " (is the port in use?)"));
  }
  impl->address = Concat(address.substr(0, address.rfind(':')), ":", port);
  impl->server->GetHealthCheckService()->SetServingStatus(true);
  impl->ticker = Often([&coordinator] { coordinator.Tick(); });
  impl->disk_reader = Often([&coordinator] { coordinator.LookAtDisks(); });
  return std::unique_ptr<CoordinatorServer>(new CoordinatorServer(std::move(impl)));
}

void CoordinatorServer::Stop() {
  if (impl_->server == nullptr) return;
  impl_->server->GetHealthCheckService()->SetServingStatus(false);
  impl_->coordinator.StopWaiting();
  impl_->server->Shutdown(std::chrono::system_clock::now() + kDrain);
  impl_->ticker.request_stop();
  impl_->ticker.join();
  impl_->coordinator.Tick();
  impl_->disk_reader.request_stop();
  impl_->disk_reader.join();
  impl_->server.reset();
}

}  // namespace gvsl::coordinator
