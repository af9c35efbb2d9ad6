// gvsl-coordinator: the composition root.
#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>
#include <thread>

#include "common/grpc_tls.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/program_options.h"
#include "common/text.h"
#include "common/transport_options.h"
#include "common/version.h"
#include "coordinator/coordinator.h"
#include "coordinator/coordinator_metrics.h"
#include "coordinator/coordinator_server.h"
#include "coordinator/store/sqlite_job_store.h"
#include "coordinator/store/state_lock.h"

namespace gvsl::coordinator {
namespace {

// Seconds from the signal to the end, whatever hangs.
constexpr int kLongestStop = 8;

struct Options {
  std::string listen = "127.0.0.1:7600";
  std::string http = "127.0.0.1:7601";
  std::string state;
  std::string policy;
  double lease_seconds = 1.5;
  double heartbeat_seconds = 0.2;
  std::uint64_t log_limit_bytes = 64 << 20;
  TransportOptions transport;
};

void AddOptions(CLI::App& app, Options& options) {
  app.set_version_flag("--version", Concat("gvsl-coordinator ", kVersion));
  app.add_option("--listen", options.listen, "where clients and workers call")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--http", options.http, "where /metrics, /healthz and /readyz are")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--state", options.state, "folder of the job store; made where it is missing")
      ->type_name("DIR")
      ->required();
  app.add_option("--policy", options.policy, "who may do what")->type_name("FILE.yaml");
  app.add_option("--lease-seconds", options.lease_seconds, "a worker silent for longer is lost")
      ->check(NumberFrom(0.2, 3600))
      ->capture_default_str();
  app.add_option("--heartbeat-seconds", options.heartbeat_seconds, "how often workers call")
      ->check(NumberFrom(0.02, 600))
      ->capture_default_str();
  app.add_option("--log-limit-bytes", options.log_limit_bytes,
                 "how much is kept of a worker's log of one job")
      ->capture_default_str();
  AddTransportOptions(app, options.transport);
  AddConfigSources(app);
}

Status CheckOptions(const Options& options) {
  GVSL_RETURN_IF_ERROR(CheckTransport(options.transport, "--listen", options.listen));
  GVSL_RETURN_IF_ERROR(CheckTransport(options.transport, "--http", options.http));
  if (options.state.empty()) return InvalidArgumentError("--state: a folder is needed");
  if (!options.policy.empty()) {
    return UnimplementedError("--policy is brought by a later version");
  }
  if (options.state.rfind("postgresql://", 0) == 0) {
    return UnimplementedError("--state postgresql:// is brought by a later version");
  }
  if (options.lease_seconds < 3 * options.heartbeat_seconds - 1e-9) {
    return InvalidArgumentError("--lease-seconds must be at least three times --heartbeat-seconds");
  }
  return OkStatus();
}

// What is acknowledged is on disk already, so the process may end though a call hangs on a mount,
// or at a second signal.
void EndInTime(const sigset_t& signals) {
  std::thread([signals] {
    const timespec limit{.tv_sec = kLongestStop, .tv_nsec = 0};
    const bool again = sigtimedwait(&signals, nullptr, &limit) > 0;
    LogWarning("coordinator_ends_at_once", {{"because", again ? "a second signal" : "it hangs"}});
    std::_Exit(0);
  }).detach();
}

Status Serve(const Options& options, const sigset_t& signals) {
  GVSL_ASSIGN_OR_RETURN(auto credentials, MakeServerCredentials(options.transport));
  LogRefusedConnections();
  FileSystem& files = PosixFileSystem();
  GVSL_RETURN_IF_ERROR(files.CreateDirectories(options.state).WithContext("--state"));
  GVSL_ASSIGN_OR_RETURN(const StateLock lock, StateLock::Take(options.state));
  GVSL_ASSIGN_OR_RETURN(const auto store,
                        OpenSqliteJobStore(JoinPath(options.state, "coordinator.sqlite")));
  LogStore logs(files, JoinPath(options.state, "logs"), options.log_limit_bytes);
  SystemClock clock;
  CoordinatorOptions settings;
  settings.worker.lease = FromSeconds(options.lease_seconds);
  settings.worker.heartbeat_interval = FromSeconds(options.heartbeat_seconds);
  settings.gang.accusation_grace = 2 * settings.worker.heartbeat_interval;
  GVSL_ASSIGN_OR_RETURN(const auto coordinator,
                        Coordinator::Open(settings, *store, logs, files, clock));
  Metrics metrics;
  CoordinatorMetrics numbers(metrics);
  GVSL_ASSIGN_OR_RETURN(const auto server,
                        CoordinatorServer::Start(options.listen, std::move(credentials),
                                                 *coordinator, logs, files, metrics, clock));
  GVSL_ASSIGN_OR_RETURN(
      auto http,
      MetricsServer::Start(
          options.http, metrics,
          {.ready = [] { return true; },
           .refresh = [&] { numbers.Update(coordinator->Snapshot(), clock.WallNow()); }}));
  std::cout << "listening " << server->address() << "\nhttp " << http->address() << std::endl;
  LogInfo("coordinator_started", {{"listen", server->address()}, {"version", kVersion}});
  int signal = 0;
  sigwait(&signals, &signal);
  LogInfo("coordinator_stopping", {{"signal", std::string(sigabbrev_np(signal))}});
  EndInTime(signals);
  http.reset();
  server->Stop();
  return OkStatus();
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app("Coordinator of the GVSL training service");
  AddOptions(app, options);
  const ParseOutcome outcome = ParseOptions(app, argc, argv);
  if (!outcome.run) return outcome.exit_status;
  Status status = CheckOptions(options);
  if (status.ok()) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    // A terminal that is closed; not under nohup.
    if (!IsSignalIgnored(SIGHUP)) sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    status = Serve(options, signals);
    if (status.ok()) return 0;
  }
  if (status.code() == StatusCode::kInvalidArgument) {
    std::cerr << "gvsl-coordinator: " << status.message() << "\n";
    return 2;
  }
  std::cerr << "gvsl-coordinator: " << status << "\n";
  return 1;
}

}  // namespace
}  // namespace gvsl::coordinator

int main(int argc, char** argv) {
  gvsl::HoldStandardDescriptors();
  return gvsl::coordinator::Run(argc, argv);
}
