// gvsl-trainer: the child of an agent, which tells it over a pipe what to compute. It serves one
// job, over many generations, and trusts nobody but its agent to end it.
#include <ATen/Parallel.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include "common/file_system.h"
#include "common/grpc_tls.h"
#include "common/log.h"
#include "common/mapping_guard.h"
#include "common/program_options.h"
#include "common/text.h"
#include "common/transport_options.h"
#include "common/version.h"
#include "data_loader/shard_cache.h"
#include "model/cuda/devices.h"
#include "model/memory.h"
#include "worker/collective/grpc_peer_server.h"
#include "worker/collective/mpi_process.h"
#include "worker/trainer/device.h"
#include "worker/trainer/failure.h"
#include "worker/trainer/gang_communicator.h"
#include "worker/trainer/job_session.h"
#include "worker/trainer/numeric_class.h"
#include "worker/trainer/numerics.h"
#include "worker/trainer/pipe_commands.h"
#include "worker/trainer/pipe_messages.h"
#include "worker/trainer/pipe_reports.h"

namespace gvsl::trainer {
namespace {

// Members are told of a generation within a heartbeat of each other.
constexpr Duration kConnectTimeout = std::chrono::seconds(15);
// For all ranks to have heard that the job is done.
constexpr Duration kFinishTimeout = std::chrono::seconds(18);

struct Options {
  std::string listen = "127.0.0.1:0";
  std::string advertise;
  int pipe_fd = 3;
  std::string device = "cpu";
  bool list_devices = false;
  bool mpi = false;
  std::string shard_cache;
  std::uint64_t shard_cache_bytes = 0;
  double dataset_patience_seconds = 600;
  TransportOptions transport;
};

std::string WithPort(const std::string& host, int port) {
  const bool bare_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
  return bare_ipv6 ? Concat("[", host, "]:", port) : Concat(host, ":", port);
}

// What peers are told: --advertise, else the host of --listen, else this machine's name.
StatusOr<std::string> PeerAddress(const Options& options, int port) {
  if (!options.advertise.empty()) {
    const bool has_port = HostOfAddress(options.advertise).ok();
    return has_port ? options.advertise : WithPort(options.advertise, port);
  }
  GVSL_ASSIGN_OR_RETURN(std::string host, HostOfAddress(options.listen));
  if (host == "0.0.0.0" || host == "::" || host.empty()) {
    char name[256] = {};
    if (::gethostname(name, sizeof(name) - 1) != 0) return InternalError("gethostname failed");
    host = name;
  }
  return WithPort(host, port);
}

std::vector<std::string> Names(const GangPlan& gang, const std::vector<int>& ranks) {
  std::vector<std::string> names;
  for (const int rank : ranks) names.push_back(gang.members[static_cast<std::size_t>(rank)].name);
  return names;
}

class Trainer {
 public:
  // One of the two doors to the peers is null.
  Trainer(collective::GrpcPeerServer* server, collective::MpiProcess* mpi, PipeReports& reports,
          c10::Device device, const Options& options)
      : server_(server), mpi_(mpi), reports_(reports), device_(device) {
    data_.patience = FromSeconds(options.dataset_patience_seconds);
    if (options.shard_cache.empty()) return;
    cache_.emplace(PosixFileSystem(), clock_, options.shard_cache, options.shard_cache_bytes);
    data_.cache = &*cache_;
    // What is held cannot make room, and others share it.
    data_.ahead_bytes = std::min(data_.ahead_bytes, options.shard_cache_bytes / 4);
  }

  // Connect, agree on a state, take steps, report.
  void Run(Order& order) {
    const GangPlan gang = GangPlanOf(order.assignment());
    JobPlan job = JobPlanOf(order.assignment());
    if (session_ == nullptr || session_->job().uid != job.uid) {
      session_ =
          std::make_unique<JobSession>(TrainerEnvironment{.files = PosixFileSystem(),
                                                          .clock = clock_,
                                                          .observer = reports_,
                                                          .numeric_class = NumericClass(device_),
                                                          .device = device_,
                                                          .data = data_},
                                       std::move(job));
    }
    reports_.Forming(session_->job(), gang, session_->held_step());

    std::vector<int> missing;
    auto connected = Connect(gang, order.stop_token(), &missing);
    if (!connected.ok()) {
      reports_.Ended(v1::TrainerReport::STATE_STOPPED, session_->held_step(),
                     connected.status().message(), Names(gang, missing));
      return;
    }
    const std::shared_ptr<collective::Communicator> control = *std::move(connected);
    order.SetCommunicator(control.get());
    const auto communicator =
        ChooseCommunicator(control, session_->job(), gang, device_,
                           [this](const std::string& sentence) { reports_.OnNotice(sentence); });
    if (communicator.ok()) {
      const auto end = session_->RunGeneration(gang, **communicator, order.stop_flag());
      Report(gang, end, **communicator);
    }
    order.SetCommunicator(nullptr);
    if (!communicator.ok()) ReportNoCommunicator(communicator.status());
  }

 private:
  StatusOr<std::unique_ptr<collective::Communicator>> Connect(const GangPlan& gang,
                                                              const std::stop_token& stop,
                                                              std::vector<int>* missing) {
    if (server_ != nullptr) return server_->Connect(Place(gang), kConnectTimeout, stop, missing);
    const collective::MpiPlace place{.job_uid = session_->job().uid,
                                     .generation = gang.generation,
                                     .rank = gang.rank,
                                     .size = static_cast<int>(gang.members.size())};
    return mpi_->Connect(place, kConnectTimeout, stop, missing);
  }

  collective::GangPlace Place(const GangPlan& gang) const {
    collective::GangPlace place{session_->job().uid, gang.generation, gang.rank, {}};
    for (const MemberPlan& member : gang.members) place.addresses.push_back(member.peer_address);
    return place;
  }

  void ReportNoCommunicator(const Status& status) {
    if (status.code() == StatusCode::kFailedPrecondition ||
        status.code() == StatusCode::kUnimplemented || IsOwnTrouble(status)) {
      reports_.Failed(session_->held_step(), status.message(), IsOwnTrouble(status));
    } else {
      reports_.Ended(v1::TrainerReport::STATE_STOPPED, session_->held_step(), status.message());
    }
  }

  void Report(const GangPlan& gang, const StatusOr<GenerationEnd>& end,
              const collective::Communicator& communicator) {
    const auto held = session_->held_step();
    if (end.status().code() == StatusCode::kDeadlineExceeded) {
      reports_.Ended(v1::TrainerReport::STATE_STOPPED, held, end.status().message());
    } else if (!end.ok()) {
      reports_.Failed(held, end.status().message(), IsOwnTrouble(end.status()));
    } else if (*end == GenerationEnd::kFinished) {
      reports_.Ended(v1::TrainerReport::STATE_FINISHED, held);
    } else if (*end == GenerationEnd::kStopped) {
      reports_.Ended(v1::TrainerReport::STATE_STOPPED, held);
    } else {
      reports_.Ended(v1::TrainerReport::STATE_STOPPED, held, "the gang is broken",
                     Names(gang, communicator.LostRanks()));
    }
  }

  collective::GrpcPeerServer* const server_;
  collective::MpiProcess* const mpi_;
  PipeReports& reports_;
  c10::Device device_;
  SystemClock clock_;
  std::optional<data_loader::ShardCache> cache_;
  DataOptions data_;
  std::unique_ptr<JobSession> session_;
};

// Every rank of a launch starts it; blocks until all have.
StatusOr<std::unique_ptr<collective::MpiProcess>> StartMpi(PipeReports& reports) {
  GVSL_ASSIGN_OR_RETURN(auto mpi, collective::MpiProcess::Start());
  LogInfo("mpi_started", {{"launch", mpi->launch()}, {"rank", mpi->rank()}, {"size", mpi->size()}});
  reports.Idle(Concat("mpi:", mpi->launch(), ":", mpi->rank()));
  return mpi;
}

StatusOr<std::unique_ptr<collective::GrpcPeerServer>> StartServer(const Options& options,
                                                                  PipeReports& reports) {
  collective::GrpcPeerOptions peer_options;
  peer_options.listen = options.listen;
  GVSL_ASSIGN_OR_RETURN(peer_options.server_credentials, MakeServerCredentials(options.transport));
  GVSL_ASSIGN_OR_RETURN(peer_options.channel_credentials,
                        MakeChannelCredentials(options.transport, ServerName::kAny));
  LogRefusedConnections();
  GVSL_ASSIGN_OR_RETURN(auto server, collective::GrpcPeerServer::Start(peer_options));
  GVSL_ASSIGN_OR_RETURN(const std::string address, PeerAddress(options, server->port()));
  reports.Idle(address);
  return server;
}

Status Serve(const Options& options) {
  GVSL_ASSIGN_OR_RETURN(const c10::Device device, FindDevice(options.device));
  SelectDevice(device);
  MessagePipe pipe(options.pipe_fd);
  SystemClock clock;
  PipeReports reports(pipe, clock);
  reports.SendNumericClass(NumericClass(device));

  std::unique_ptr<collective::GrpcPeerServer> server;
  std::unique_ptr<collective::MpiProcess> mpi;
  if (options.mpi) {
    GVSL_ASSIGN_OR_RETURN(mpi, StartMpi(reports));
  } else {
    GVSL_ASSIGN_OR_RETURN(server, StartServer(options, reports));
  }

  PipeCommands commands(pipe);
  std::thread([&commands, &mpi] {
    const Status end = commands.Receive();
    if (end.ok() && commands.together() && mpi != nullptr && !mpi->Finish(kFinishTimeout)) {
      LogWarning("mpi_not_left", {{"reason", "the other ranks did not leave in time"}});
    }
    // What is being written to disk is complete or absent, whenever this happens.
    std::_Exit(end.ok() || end.code() == StatusCode::kOutOfRange ? 0 : 1);
  }).detach();

  SetUpNumerics(1, device);
  WarmUp(device);
  Trainer trainer(server.get(), mpi.get(), reports, device, options);
  while (true) trainer.Run(*commands.Next());
}

// Nothing where there is none; standard error then says why.
int PrintDevices() {
  const model::cuda::DeviceList devices = model::cuda::Devices();
  for (std::size_t i = 0; i < devices.found.size(); ++i) {
    std::cout << "cuda:" << i << " " << devices.found[i].name << "\n";
  }
  if (devices.found.empty()) std::cerr << devices.why_none << "\n";
  return 0;
}

int Main(int argc, char** argv) {
  model::KeepFreedMemory();
  MappingGuard::Install();
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  at::set_num_interop_threads(1);

  Options options;
  CLI::App app("Computes a worker's share of a job. Started by gvsl-worker, never by hand.");
  app.set_version_flag("--version", "gvsl-trainer " + std::string(kVersion));
  app.add_option("--listen", options.listen, "where peers reach this process")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--advertise", options.advertise, "what peers are told instead")
      ->type_name("HOST[:PORT]");
  app.add_option("--pipe-fd", options.pipe_fd, "file descriptor of the agent's pipe")
      ->capture_default_str();
  app.add_option("--device", options.device, "cpu or cuda:N")->capture_default_str();
  app.add_flag("--list-devices", options.list_devices,
               "print the GPUs that this program may use, one a line, and end");
  app.add_option("--shard-cache", options.shard_cache, "folder for shards of far datasets");
  app.add_option("--shard-cache-bytes", options.shard_cache_bytes, "how large it may grow");
  app.add_option("--dataset-patience", options.dataset_patience_seconds,
                 "seconds to wait for a dataset that cannot be read");
  app.add_flag("--mpi", options.mpi, "reach the peers by MPI: a rank of a static gang");
  AddTransportOptions(app, options.transport);
  const ParseOutcome outcome = ParseOptions(app, argc, argv);
  if (!outcome.run) return outcome.exit_status;

  if (options.list_devices) return PrintDevices();
  const Status status = Serve(options);
  LogError("trainer_ends", {{"reason", status}});
  std::_Exit(1);
}

}  // namespace
}  // namespace gvsl::trainer

int main(int argc, char** argv) { return gvsl::trainer::Main(argc, argv); }
