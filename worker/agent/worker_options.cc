#include "worker/agent/worker_options.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>
#include <random>
#include <thread>

#include "common/log.h"
#include "common/text.h"
#include "worker/agent/devices.h"

namespace gvsl::agent {
namespace {

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "worker";
  return name.data();
}

// The ranks of a launch have one command line.
Status ResolveRank(WorkerOptions& options, const Environment& environment) {
  GVSL_ASSIGN_OR_RETURN(options.launch, FindLaunch(environment, options.gang_id));
  const std::string rank = Concat("rank-", options.launch.rank);
  options.name = options.name.empty() ? Concat(HostName(), "-", rank, "-", RandomHex(4))
                                      : Concat(options.name, "-", rank);
  options.work_dir = (std::filesystem::path(options.work_dir) / rank).string();
  return OkStatus();
}

}  // namespace

void AddWorkerOptions(CLI::App& app, WorkerOptions& options) {
  app.add_option("--coordinator", options.coordinator, "where the coordinator is")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--work-dir", options.work_dir, "logs and lock of this worker; created")
      ->type_name("DIR")
      ->required();
  app.add_option("--device", options.device,
                 "cpu, cuda:N, auto (a GPU where there is one) or all (a worker for each GPU)")
      ->capture_default_str();
  app.add_option("--name", options.name,
                 "unique among workers; default: the host's name and a random part");
  app.add_option("--threads", options.threads, "capacity; default: the machine's cores");
  app.add_option("--listen", options.listen, "where this worker's peers reach it")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--advertise", options.advertise,
                 "what peers are told, where that is not --listen")
      ->type_name("HOST[:PORT]");
  app.add_option("--http", options.http, "/metrics, /healthz, /readyz")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--drain-timeout", options.drain_timeout_seconds,
                 "seconds that SIGTERM waits for the step boundary")
      ->check(NumberFrom(0, 86400))
      ->capture_default_str();
  app.add_option("--trainer", options.trainer,
                 "the trainer program; default: gvsl-trainer beside this one")
      ->type_name("FILE");
  app.add_option("--shard-cache", options.shard_cache,
                 "folder on a local disk for shards of datasets that lie far away; all workers of "
                 "the machine may share it; default: none")
      ->type_name("DIR");
  app.add_option("--shard-cache-bytes", options.shard_cache_bytes,
                 "how large the shard cache may grow, as 500GB or 50GiB")
      ->transform(ByteSize())
      ->type_name("SIZE")
      ->default_str("50GiB");
  app.add_option("--dataset-patience", options.dataset_patience_seconds,
                 "seconds to wait for a dataset that cannot be read in the middle of a job")
      ->check(NumberFrom(0, 7 * 86400))
      ->capture_default_str();
  app.add_option("--gang", options.gang,
                 "mpi: a rank of one gang that mpirun or srun starts, for one job")
      ->type_name("mpi");
  app.add_option("--gang-id", options.gang_id,
                 "equal in all ranks, another one for each launch; default: the launcher's");
  AddTransportOptions(app, options.transport);
}

Status CheckWorkerOptions(const WorkerOptions& options) {
  if (options.work_dir.empty()) return InvalidArgumentError("--work-dir: a folder is needed");
  if (!options.gang.empty() && options.gang != "mpi") {
    return InvalidArgumentError(Concat("--gang '", options.gang, "': mpi is expected"));
  }
  if (!options.gang_id.empty() && options.gang.empty()) {
    return InvalidArgumentError("--gang-id: is for --gang mpi");
  }
  if (!options.gang.empty() && options.device == "all") {
    return InvalidArgumentError("--device all: a rank of a gang has one device");
  }
  if (options.shard_cache_bytes == 0) {
    return InvalidArgumentError("--shard-cache-bytes: must be above 0");
  }
  GVSL_RETURN_IF_ERROR(CheckDeviceName(options.device));
  GVSL_RETURN_IF_ERROR(CheckTransport(options.transport, "--coordinator", options.coordinator));
  GVSL_RETURN_IF_ERROR(CheckTransport(options.transport, "--listen", options.listen));
  return CheckTransport(options.transport, "--http", options.http);
}

Status ResolveWorkerOptions(WorkerOptions& options, const Environment& environment) {
  if (!options.gang.empty()) GVSL_RETURN_IF_ERROR(ResolveRank(options, environment));
  if (options.name.empty()) options.name = Concat(HostName(), "-", RandomHex(4));
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  if (options.trainer.empty()) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return InternalError("/proc/self/exe: " + error.message());
    const char* const program = options.gang.empty() ? "gvsl-trainer" : "gvsl-trainer-mpi";
    options.trainer = (self.parent_path() / program).string();
  }
  if (::access(options.trainer.c_str(), X_OK) != 0) {
    return NotFoundError(Concat("there is no trainer program at ", options.trainer,
                                options.gang.empty() ? "" : "; was it built with MPI?"));
  }
  return OkStatus();
}

StatusOr<std::vector<std::string>> ResolveDevices(const WorkerOptions& options) {
  const bool may_be_cpu = options.device == "cpu" || options.device == "auto";
  if (may_be_cpu && (options.device == "cpu" || !MayHaveGpus())) {
    return std::vector<std::string>{"cpu"};
  }
  auto found = AskTrainer(options.trainer);
  if (!found.ok() && options.device == "auto") {
    LogWarning("no_gpu", {{"reason", found.status()}});
    return std::vector<std::string>{"cpu"};
  }
  GVSL_RETURN_IF_ERROR(found.status());
  return ChooseDevices(options.device, *found);
}

std::vector<std::string> TrainerCommandLine(const WorkerOptions& options) {
  std::vector<std::string> command = {options.trainer, "--listen", options.listen};
  if (options.device != "cpu") command.insert(command.end(), {"--device", options.device});
  const TransportOptions& tls = options.transport;
  const std::pair<const char*, const std::string&> given[] = {
      {"--advertise", options.advertise},
      {"--tls-cert", tls.tls_cert},
      {"--tls-key", tls.tls_key},
      {"--tls-ca", tls.tls_ca},
      {"--tls-client-ca", tls.tls_client_ca}};
  for (const auto& [option, value] : given) {
    if (!value.empty()) command.insert(command.end(), {option, value});
  }
  if (!options.shard_cache.empty()) {
    command.insert(command.end(), {"--shard-cache", options.shard_cache, "--shard-cache-bytes",
                                   Concat(options.shard_cache_bytes)});
  }
  command.insert(command.end(), {"--dataset-patience", Concat(options.dataset_patience_seconds)});
  if (!options.gang.empty()) command.emplace_back("--mpi");
  return command;
}

std::string RandomHex(std::size_t digits) {
  std::random_device random;
  std::string bytes;
  while (bytes.size() * 2 < digits) bytes.push_back(static_cast<char>(random()));
  return HexEncode(bytes).substr(0, digits);
}

}  // namespace gvsl::agent
