// What a command gets: the global flags, the environment, and calls to the coordinator.
#pragma once

#include <grpcpp/client_context.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/core/environment.h"
#include "cli/core/exit_code.h"
#include "common/grpc_status.h"
#include "common/status.h"
#include "common/transport_options.h"

namespace gvsl::cli {

struct GlobalOptions {
  std::string coordinator;  // as given by flag; empty: see ChooseCoordinator
  bool json = false;
  std::string timeout;  // "10", "1.5s", "2m", "1h"; empty: the command's default
  TransportOptions transport;
};

// Positive and finite. INVALID_ARGUMENT names --timeout.
StatusOr<Duration> ParseTimeout(const std::string& text);

// Flag over GVSL_COORDINATOR over the address of a running `local` instance over 127.0.0.1:7600.
std::string ChooseCoordinator(const std::string& flag, const Environment& environment);

class Context {
 public:
  Context(GlobalOptions options, Environment& environment);

  Environment& environment() { return environment_; }
  std::ostream& out() { return environment_.out; }
  std::ostream& err() { return environment_.err; }
  Interrupt& interrupt() { return environment_.interrupt; }
  bool json() const { return options_.json; }
  const TransportOptions& transport() const { return options_.transport; }
  const std::string& coordinator();
  // Of --timeout; `standard` where there is none.
  Duration Timeout(Duration standard = kCallTimeout) const { return timeout_.value_or(standard); }
  // Wrong global flags; with `calls_coordinator`, also its address and how it may be reached.
  Status Check(bool calls_coordinator);

  // Connects at first use.
  Stubs& stubs();
  // One call with the deadline of --timeout; Ctrl-C ends it (CANCELLED).
  template <typename Stub, typename Request, typename Response>
  StatusOr<Response> Call(Stub& stub,
                          grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                       Response*),
                          const std::type_identity_t<Request>& request) {
    grpc::ClientContext call;
    call.set_deadline(std::chrono::system_clock::now() +
                      std::chrono::duration_cast<std::chrono::microseconds>(Timeout()));
    const Interrupt::Guard guard(interrupt(), [&call] { call.TryCancel(); });
    Response response;
    const Status status = ToStatus((stub.*method)(&call, request, &response));
    if (!status.ok()) return status;
    return response;
  }
  // Between two streams, the first of which a coordinator that went away has ended. Returns early
  // on Ctrl-C.
  void PauseBeforeReconnecting();
  // Our status of a call's end; UNAVAILABLE and DEADLINE_EXCEEDED name the coordinator's address.
  Status ToStatus(const grpc::Status& status);
  // Prints `text` and a line feed. An error when standard output is broken.
  Status Print(const std::string& text);

  static constexpr Duration kCallTimeout = std::chrono::seconds(10);

 private:
  GlobalOptions options_;
  Environment& environment_;
  std::optional<Duration> timeout_;
  Status timeout_status_;
  std::string coordinator_;
  ChannelCredentials credentials_;
  std::optional<Stubs> stubs_;
};

}  // namespace gvsl::cli
