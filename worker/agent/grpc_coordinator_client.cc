#include "worker/agent/grpc_coordinator_client.h"

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <utility>

#include "common/grpc_status.h"
#include "gvsl/v1/worker_service.grpc.pb.h"

namespace gvsl::agent {
namespace {

using Credentials = std::shared_ptr<grpc::ChannelCredentials>;

std::shared_ptr<grpc::Channel> Connect(const std::string& address, const Credentials& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 400);   // gRPC adds up to 20 %
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);  // the limit of one attempt
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

class GrpcCoordinatorClient final : public CoordinatorClient {
 public:
  GrpcCoordinatorClient(const std::string& address, const Credentials& credentials,
                        Duration call_timeout)
      : stub_(v1::WorkerService::NewStub(Connect(address, credentials))),
        call_timeout_(call_timeout) {}

  StatusOr<v1::RegisterWorkerResponse> Register(const v1::RegisterWorkerRequest& request) override {
    grpc::ClientContext context;
    Prepare(context, 0);
    Await(&context);
    v1::RegisterWorkerResponse response;
    const Status status = FromGrpcStatus(stub_->RegisterWorker(&context, request, &response));
    Await(nullptr);
    if (!status.ok()) return WithReason(status);
    return response;
  }

  StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request) override {
    grpc::ClientContext context;
    Prepare(context, request.wait_seconds());
    {
      const std::lock_guard lock(mutex_);
      if (interrupted_) return CancelledError("interrupted");
      pending_ = &context;
    }
    v1::HeartbeatResponse response;
    const Status status = FromGrpcStatus(stub_->Heartbeat(&context, request, &response));
    Await(nullptr);
    if (!status.ok()) return WithReason(status);
    return response;
  }

  void Interrupt() override {
    const std::lock_guard lock(mutex_);
    interrupted_ = true;
    if (pending_ != nullptr) pending_->TryCancel();
  }

  void Rearm() override {
    const std::lock_guard lock(mutex_);
    interrupted_ = false;
  }

 private:
  void Await(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    pending_ = context;
  }

  // A call that waited in vain does not say why there is no connection; one that does not wait
  // does.
  Status WithReason(const Status& status) {
    if (status.code() != StatusCode::kDeadlineExceeded) return status;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
    v1::ListWorkersResponse response;
    const Status why = FromGrpcStatus(stub_->ListWorkers(&context, {}, &response));
    return why.code() == StatusCode::kUnavailable ? why : status;
  }

  // A call that waits for the connection also looks after it: between calls that fail at once gRPC
  // looks only every five seconds whether a connection has come about.
  void Prepare(grpc::ClientContext& context, double wait_seconds) const {
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::milliseconds>(
                             call_timeout_ + FromSeconds(wait_seconds)));
  }

  std::unique_ptr<v1::WorkerService::StubInterface> stub_;
  const Duration call_timeout_;
  std::mutex mutex_;
  bool interrupted_ = false;
  grpc::ClientContext* pending_ = nullptr;
};

}  // namespace

std::unique_ptr<CoordinatorClient> MakeGrpcCoordinatorClient(const std::string& address,
                                                             const Credentials& credentials,
                                                             Duration call_timeout) {
  return std::make_unique<GrpcCoordinatorClient>(address, credentials, call_timeout);
}

}  // namespace gvsl::agent
