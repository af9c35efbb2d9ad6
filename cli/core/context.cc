#include "cli/core/context.h"

#include <charconv>
#include <cmath>

#include "cli/local/record.h"
#include "common/grpc_tls.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

constexpr char kDefaultCoordinator[] = "127.0.0.1:7600";
constexpr double kLongestSeconds = 365.0 * 86400;

double UnitSeconds(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1;
  if (unit == "ms") return 1e-3;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  return 0;
}

}  // namespace

StatusOr<Duration> ParseTimeout(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const double seconds = number * UnitSeconds({rest, static_cast<std::size_t>(end - rest)});
  if (error != std::errc() || !(seconds > 0) || !(seconds <= kLongestSeconds)) {
    return InvalidArgumentError(
        Concat("--timeout ", text, ": a time above 0 is needed, as 10, 1.5s, 2m or 1h"));
  }
  return FromSeconds(seconds);
}

std::string ChooseCoordinator(const std::string& flag, const Environment& environment) {
  if (!flag.empty()) return flag;
  if (const auto variable = environment.variable("GVSL_COORDINATOR")) return *variable;
  const auto directory = local::DefaultDirectory(environment.variable);
  if (directory.ok()) {
    const auto record = local::ReadRecord(environment.files, *directory);
    if (record.ok() && record->coordinator.identity.Alive()) return record->coordinator.address;
  }
  return kDefaultCoordinator;
}

Context::Context(GlobalOptions options, Environment& environment)
    : options_(std::move(options)), environment_(environment) {
  if (options_.timeout.empty()) return;
  const auto timeout = ParseTimeout(options_.timeout);
  if (timeout.ok()) {
    timeout_ = *timeout;
  } else {
    timeout_status_ = timeout.status();
  }
}

const std::string& Context::coordinator() {
  if (coordinator_.empty()) {
    coordinator_ = ChooseCoordinator(options_.coordinator, environment_);
  }
  return coordinator_;
}

Status Context::Check(bool calls_coordinator) {
  GVSL_RETURN_IF_ERROR(timeout_status_);
  if (!calls_coordinator) return OkStatus();
  GVSL_RETURN_IF_ERROR(CheckTransport(options_.transport, "--coordinator", coordinator()));
  GVSL_ASSIGN_OR_RETURN(credentials_,
                        MakeChannelCredentials(options_.transport, ServerName::kMustMatch));
  return OkStatus();
}

Stubs& Context::stubs() {
  if (!stubs_) stubs_ = environment_.connect(coordinator(), credentials_);
  return *stubs_;
}

void Context::PauseBeforeReconnecting() {
  constexpr Duration kInterval = std::chrono::milliseconds(200);
  // gRPC looks after a connection in the making only while somebody waits for it. Between calls
  // that fail at once it would look every five seconds, and so never come through the handshake.
  if (stubs().wait_until_connected(kInterval)) interrupt().WaitFor(kInterval);
}

Status Context::ToStatus(const grpc::Status& grpc_status) {
  const Status status = FromGrpcStatus(grpc_status);
  switch (status.code()) {
    case StatusCode::kUnavailable:
      return UnavailableError(Concat(
          "coordinator ", coordinator(), " is unreachable: ", status.message(),
          UsesTls(options_.transport) ? " (of a certificate that it refused, its own log says why)"
                                      : ""));
    case StatusCode::kDeadlineExceeded:
      return DeadlineExceededError(Concat("coordinator ", coordinator(), " gave no answer within ",
                                          ToSeconds(Timeout()), " s (--timeout)"));
    default:
      return status;
  }
}

Status Context::Print(const std::string& text) {
  out() << text << '\n' << std::flush;
  return out() ? OkStatus() : InternalError("cannot write to standard output");
}

}  // namespace gvsl::cli
