#include "coordinator/grpc_metrics.h"

#include <array>
#include <string>
#include <string_view>

namespace gvsl::coordinator {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

// As Prometheus users write canonical codes.
constexpr std::array<std::string_view, 17> kCodes = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

// A heartbeat is held back for half a second, a watch for as long as its job takes.
const std::vector<double> kBuckets = {0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600};

std::string CodeName(int code) {
  const auto index = static_cast<std::size_t>(code);
  return std::string(index < kCodes.size() ? kCodes[index] : "Unknown");
}

std::string TypeName(ServerRpcInfo::Type type) {
  switch (type) {
    case ServerRpcInfo::Type::UNARY:
      return "unary";
    case ServerRpcInfo::Type::CLIENT_STREAMING:
      return "client_stream";
    case ServerRpcInfo::Type::SERVER_STREAMING:
      return "server_stream";
    default:
      return "bidi_stream";
  }
}

// "/gvsl.v1.JobService/GetJob"
MetricLabels LabelsOf(const ServerRpcInfo& info) {
  const std::string_view path = info.method();
  const std::size_t slash = path.rfind('/');
  const std::string_view service = path.substr(1, slash == 0 ? 0 : slash - 1);
  return {{"grpc_type", TypeName(info.type())},
          {"grpc_service", std::string(service)},
          {"grpc_method", std::string(path.substr(slash + 1))}};
}

class Meter final : public grpc::experimental::Interceptor {
 public:
  Meter(Metrics& metrics, Clock& clock, MetricLabels labels)
      : metrics_(metrics), clock_(clock), labels_(std::move(labels)), begin_(clock.Now()) {
    metrics_.AddCounter("grpc_server_started_total", "Calls that arrived.", 1, labels_);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      MetricLabels with_code = labels_;
      with_code["grpc_code"] = CodeName(methods->GetSendStatus().error_code());
      metrics_.AddCounter("grpc_server_handled_total", "Calls that were answered.", 1, with_code);
      metrics_.ObserveHistogram("grpc_server_handling_seconds",
                                "From a call's arrival to its answer.", kBuckets,
                                ToSeconds(clock_.Now() - begin_), labels_);
    }
    methods->Proceed();
  }

 private:
  Metrics& metrics_;
  Clock& clock_;
  const MetricLabels labels_;
  const TimePoint begin_;
};

class MeterFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  MeterFactory(Metrics& metrics, Clock& clock) : metrics_(metrics), clock_(clock) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new Meter(metrics_, clock_, LabelsOf(*info));  // gRPC deletes it
  }

 private:
  Metrics& metrics_;
  Clock& clock_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> MeasureCalls(
    Metrics& metrics, Clock& clock) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
  creators.push_back(std::make_unique<MeterFactory>(metrics, clock));
  return creators;
}

}  // namespace gvsl::coordinator
