#include <grpcpp/create_channel.h>

#include "cli/core/environment.h"

namespace gvsl::cli {

Stubs Connect(const std::string& address, const ChannelCredentials& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 3000);  // the limit of one attempt
  arguments.SetMaxReceiveMessageSize(-1);
  // A watch waits for news for as long as they take, so only pings find a host that is gone.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const auto channel = grpc::CreateCustomChannel(address, credentials, arguments);
  const auto wait_until_connected = [channel](Duration limit) {
    return channel->WaitForConnected(std::chrono::system_clock::now() +
                                     std::chrono::duration_cast<std::chrono::microseconds>(limit));
  };
  return {wait_until_connected, v1::JobService::NewStub(channel),
          v1::CheckpointService::NewStub(channel), v1::WorkerService::NewStub(channel)};
}

}  // namespace gvsl::cli
