// gvsl-worker: the agent. Standard output: "listening HOST:PORT" (peers), then "http HOST:PORT".
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include "common/clock.h"
#include "common/file_system.h"
#include "common/grpc_tls.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/program_options.h"
#include "common/version.h"
#include "worker/agent/agent.h"
#include "worker/agent/grpc_coordinator_client.h"
#include "worker/agent/work_dir.h"
#include "worker/agent/worker_group.h"
#include "worker/agent/worker_options.h"

namespace gvsl::agent {
namespace {

constexpr auto kCallTimeout = std::chrono::seconds(2);
// Signals that come so soon after each other are one person's one wish.
constexpr auto kOneWish = std::chrono::milliseconds(300);

// Turns signals into calls. Construct before any other thread, so that all of them inherit the
// mask.
class SignalThread {
 public:
  SignalThread() {
    ::signal(SIGPIPE, SIG_IGN);
    ::sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT}) ::sigaddset(&set_, number);
    // A terminal that is closed; not under nohup.
    if (!IsSignalIgnored(SIGHUP)) ::sigaddset(&set_, SIGHUP);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  void Start(Agent& agent) {
    std::thread([set = set_, &agent] {
      int number = 0;
      std::optional<std::chrono::steady_clock::time_point> last;
      while (::sigwait(&set, &number) == 0) {
        // A terminal, and who minds a whole group, tell every process of it at once.
        const auto now = std::chrono::steady_clock::now();
        const bool same = last && now - *last < kOneWish;
        last = now;
        if (!same) agent.Leave();
      }
    }).detach();
  }

 private:
  sigset_t set_{};
};

// The job itself came to an end that is no success: no other launch will go on with it.
constexpr int kJobEndedOtherwise = 6;

int ExitStatusOf(const Status& status) {
  if (status.code() == StatusCode::kInvalidArgument) return 2;
  return status.code() == StatusCode::kAborted ? kJobEndedOtherwise : 1;
}

// The HTTP server's own end would take two more seconds, and nothing is left to be saved.
[[noreturn]] void End(const Status& status) {
  if (status.ok()) std::_Exit(0);
  LogError("worker_ends", {{"reason", status}});
  std::_Exit(ExitStatusOf(status));
}

// Returns when the worker cannot begin.
Status Work(const WorkerOptions& options, SignalThread& signals) {
  LogRefusedConnections();
  GVSL_ASSIGN_OR_RETURN(const WorkDir work_dir, WorkDir::Open(options.work_dir));
  Metrics metrics(MetricLabels{{"worker", options.name}});
  SystemClock clock;
  GVSL_ASSIGN_OR_RETURN(const auto credentials,
                        MakeChannelCredentials(options.transport, ServerName::kMustMatch));
  const auto client = MakeGrpcCoordinatorClient(options.coordinator, credentials, kCallTimeout);
  AgentOptions agent_options;
  agent_options.name = options.name;
  agent_options.incarnation = RandomHex(16);
  agent_options.device = options.device;
  agent_options.threads = options.threads;
  agent_options.work_dir = options.work_dir;
  agent_options.trainer_command = TrainerCommandLine(options);
  if (!options.gang.empty()) {
    agent_options.static_gang.set_id(options.launch.id);
    agent_options.static_gang.set_rank(options.launch.rank);
    agent_options.static_gang.set_size(options.launch.size);
  }
  agent_options.timing.drain = FromSeconds(options.drain_timeout_seconds);
  Agent agent(agent_options, *client, metrics, clock, PosixFileSystem());
  GVSL_ASSIGN_OR_RETURN(const auto http,
                        MetricsServer::Start(options.http, metrics,
                                             {.ready = [&agent] { return agent.ready(); },
                                              .refresh = [&agent] { agent.MeasureMachine(); }}));
  signals.Start(agent);
  End(agent.Run([&http](const std::string& peer_address) {
    std::cout << "listening " << peer_address << "\nhttp " << http->address() << std::endl;
  }));
}

int Main(int argc, char** argv) {
  SignalThread signals;
  WorkerOptions options;
  CLI::App app("Works for a coordinator: keeps a trainer ready and runs its share of jobs.");
  app.set_version_flag("--version", "gvsl-worker " + std::string(kVersion));
  AddWorkerOptions(app, options);
  AddConfigSources(app);
  const ParseOutcome outcome = ParseOptions(app, argc, argv);
  if (!outcome.run) return outcome.exit_status;
  Status status = CheckWorkerOptions(options);
  if (status.ok()) status = ResolveWorkerOptions(options, ::getenv);
  if (!status.ok()) End(status);
  SetLogContext({{"worker", options.name}});
  const auto devices = ResolveDevices(options);
  if (!devices.ok()) End(devices.status());
  const auto work = [&signals](const WorkerOptions& member) {
    SetLogContext({{"worker", member.name}});
    End(Work(member, signals));
  };
  if (options.device == "all") return RunGroup(options, *devices, work);
  options.device = devices->front();
  work(options);
  return 1;
}

}  // namespace
}  // namespace gvsl::agent

int main(int argc, char** argv) {
  gvsl::HoldStandardDescriptors();
  return gvsl::agent::Main(argc, argv);
}
