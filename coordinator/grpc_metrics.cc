#include "coordinator/grpc_metrics.h"

#include <string>

#include "common/status.h"

namespace gvsl::coordinator {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

class Counter final : public grpc::experimental::Interceptor {
 public:
  Counter(Metrics& metrics, std::string method) : metrics_(metrics), method_(std::move(method)) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const auto code = static_cast<StatusCode>(methods->GetSendStatus().error_code());
      metrics_.AddCounter("gvsl_grpc_server_handled_total", "Calls that were answered.", 1,
                          {{"method", method_}, {"code", std::string(StatusCodeName(code))}});
    }
    methods->Proceed();
  }

 private:
  Metrics& metrics_;
  const std::string method_;
};

class CounterFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CounterFactory(Metrics& metrics) : metrics_(metrics) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(ServerRpcInfo* info) override {
    return new Counter(metrics_, info->method());  // gRPC deletes it
  }

 private:
  Metrics& metrics_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
CountHandledCalls(Metrics& metrics) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
  creators.push_back(std::make_unique<CounterFactory>(metrics));
  return creators;
}

}  // namespace gvsl::coordinator
