// CoordinatorClient over gRPC.
#pragma once

#include <memory>
#include <string>

#include "worker/agent/coordinator_client.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace gvsl::agent {

// Connects lazily and reconnects with a back-off of at most half a second. A call waits for the
// connection; after `call_timeout`, which is for the network (on top of what a heartbeat may be
// held back), it answers UNAVAILABLE with the reason, or DEADLINE_EXCEEDED.
std::unique_ptr<CoordinatorClient> MakeGrpcCoordinatorClient(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    Duration call_timeout);

}  // namespace gvsl::agent
