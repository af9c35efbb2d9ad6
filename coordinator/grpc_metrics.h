// Counts and times the calls of a gRPC server, under the names that Prometheus users know from
// other servers: dashboards made for those work here.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <vector>

#include "common/clock.h"
#include "common/metrics.h"

namespace gvsl::coordinator {

// grpc_server_started_total and grpc_server_handling_seconds {grpc_type, grpc_service,
// grpc_method}, grpc_server_handled_total with grpc_code beside these. Only methods that exist are
// counted, so that callers make no series. `metrics` and `clock` outlive the server.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> MeasureCalls(
    Metrics& metrics, Clock& clock);

}  // namespace gvsl::coordinator
