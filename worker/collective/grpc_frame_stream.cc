#include "worker/collective/grpc_frame_stream.h"

#include <grpcpp/grpcpp.h>

#include <mutex>
#include <utility>

#include "common/grpc_status.h"
#include "gvsl/v1/collective_service.grpc.pb.h"

namespace gvsl::collective {
namespace {

constexpr int kOneHourMs = 3'600'000;
constexpr int kLookaheadBytes = 4 * 1024 * 1024;

grpc::ChannelArguments PeerChannelArguments(int idle_timeout_ms) {
  grpc::ChannelArguments arguments;
  for (const auto& [name, value] : PeerConnectionArguments(idle_timeout_ms)) {
    arguments.SetInt(name, value);
  }
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return arguments;
}

class DialledStream final : public FrameStream {
 public:
  explicit DialledStream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::CollectiveService::NewStub(channel)), stream_(stub_->Exchange(&context_)) {}
  ~DialledStream() override { context_.TryCancel(); }

  bool Read(v1::Frame* frame) override { return stream_->Read(frame); }
  bool Write(const v1::Frame& frame) override { return stream_->Write(frame); }
  void Cancel() override { context_.TryCancel(); }
  Status Close() override {
    stream_->WritesDone();
    return FromGrpcStatus(stream_->Finish());
  }

 private:
  std::unique_ptr<v1::CollectiveService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::Frame, v1::Frame>> stream_;
};

class AcceptedStream final : public FrameStream {
 public:
  using Stream = grpc::ServerReaderWriter<v1::Frame, v1::Frame>;
  AcceptedStream(grpc::ServerContext& context, Stream& stream, std::function<void()> closed)
      : context_(&context), stream_(stream), closed_(std::move(closed)) {}
  ~AcceptedStream() override { static_cast<void>(Close()); }

  bool Read(v1::Frame* frame) override { return stream_.Read(frame); }
  bool Write(const v1::Frame& frame) override { return stream_.Write(frame); }
  void Cancel() override {
    std::lock_guard lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
  Status Close() override {
    std::lock_guard lock(mutex_);
    if (context_ == nullptr) return OkStatus();
    const bool cancelled = std::exchange(context_, nullptr)->IsCancelled();
    closed_();
    return cancelled ? UnavailableError("its connection broke") : OkStatus();
  }

 private:
  std::mutex mutex_;
  grpc::ServerContext* context_;  // guarded by mutex_; gone with the call
  Stream& stream_;
  const std::function<void()> closed_;
};

}  // namespace

std::vector<std::pair<std::string, int>> PeerConnectionArguments(int idle_timeout_ms) {
  return {{GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kLookaheadBytes},
          // Hardly ever a ping, but its time-out is also TCP_USER_TIMEOUT.
          {GRPC_ARG_KEEPALIVE_TIME_MS, kOneHourMs},
          {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, idle_timeout_ms}};
}

std::unique_ptr<FrameStream> DialStream(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    int idle_timeout_ms) {
  return std::make_unique<DialledStream>(
      grpc::CreateCustomChannel(address, credentials, PeerChannelArguments(idle_timeout_ms)));
}

std::unique_ptr<FrameStream> AcceptStream(grpc::ServerContext& context,
                                          grpc::ServerReaderWriter<v1::Frame, v1::Frame>& stream,
                                          std::function<void()> closed) {
  return std::make_unique<AcceptedStream>(context, stream, std::move(closed));
}

}  // namespace gvsl::collective
