#include "common/grpc_status.h"

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>

namespace gvsl {

grpc::Status ToGrpcStatus(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(status.message());
  google::rpc::ErrorInfo info;
  info.set_domain("gvsl");
  info.set_reason(std::string(StatusCodeName(status.code())));
  details.add_details()->PackFrom(info);
  if (!status.violations().empty()) {
    google::rpc::BadRequest bad_request;
    for (const FieldViolation& violation : status.violations()) {
      auto* entry = bad_request.add_field_violations();
      entry->set_field(violation.field);
      entry->set_description(violation.reason);
    }
    details.add_details()->PackFrom(bad_request);
  }
  return {code, status.message(), details.SerializeAsString()};
}

Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return OkStatus();
  Status result(static_cast<StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return result;
  for (const auto& any : details.details()) {
    google::rpc::BadRequest bad_request;
    if (!any.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) {
      result = result.WithViolation(violation.field(), violation.description());
    }
  }
  return result;
}

}  // namespace gvsl
