// Counts the calls that a gRPC server handled, by method and code.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <vector>

#include "common/metrics.h"

namespace gvsl::coordinator {

// gvsl_grpc_server_handled_total{method, code}. `metrics` outlives the server.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
CountHandledCalls(Metrics& metrics);

}  // namespace gvsl::coordinator
