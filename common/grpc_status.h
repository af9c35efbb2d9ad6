// Between our Status and gRPC's. Field violations travel as google.rpc.BadRequest in the status
// details; every error with a reason also as google.rpc.ErrorInfo of the domain "gvsl".
#pragma once

#include <grpcpp/support/status.h>

#include "common/status.h"

namespace gvsl {

grpc::Status ToGrpcStatus(const Status& status);
Status FromGrpcStatus(const grpc::Status& status);

}  // namespace gvsl
