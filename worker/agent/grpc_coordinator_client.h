// CoordinatorClient over gRPC.
#pragma once

#include <memory>
#include <string>

#include "worker/agent/coordinator_client.h"

namespace gvsl::agent {

// Connects lazily, reconnects with a back-off of at most half a second, and answers UNAVAILABLE at
// once while there is no connection. `call_timeout` is for the network: on top of what a heartbeat
// may be held back.
std::unique_ptr<CoordinatorClient> MakeGrpcCoordinatorClient(const std::string& address,
                                                             Duration call_timeout);

}  // namespace gvsl::agent
