#include "worker/agent/worker_options.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>
#include <random>
#include <thread>

#include "common/text.h"

namespace gvsl::agent {
namespace {

Status CheckAddress(const std::string& option, const std::string& address, bool insecure) {
  const auto host = HostOfAddress(address);
  if (!host.ok()) return host.status().WithContext(option);
  if (insecure || IsLoopbackAddress(address)) return OkStatus();
  return InvalidArgumentError(
      Concat(option, " ", address, " is not on loopback: that needs --insecure (plain text)"));
}

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "worker";
  return name.data();
}

}  // namespace

void AddWorkerOptions(CLI::App& app, WorkerOptions& options) {
  app.add_option("--coordinator", options.coordinator, "where the coordinator is")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--work-dir", options.work_dir, "logs and lock of this worker; created")
      ->type_name("DIR")
      ->required();
  app.add_option("--device", options.device, "cpu or auto")->capture_default_str();
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
  app.add_flag("--insecure", options.insecure, "allow plain text on addresses beyond loopback");
  app.add_option("--drain-timeout", options.drain_timeout_seconds,
                 "seconds that SIGTERM waits for the step boundary")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--trainer", options.trainer,
                 "the trainer program; default: gvsl-trainer beside this one")
      ->type_name("FILE");
  app.add_option("--gang", options.gang, "not implemented yet");
  app.add_option("--tls-cert", options.tls_cert, "not implemented yet")->type_name("FILE");
  app.add_option("--tls-key", options.tls_key, "not implemented yet")->type_name("FILE");
  app.add_option("--tls-ca", options.tls_ca, "not implemented yet")->type_name("FILE");
}

Status CheckWorkerOptions(const WorkerOptions& options) {
  if (!options.gang.empty()) return UnimplementedError("--gang " + options.gang);
  if (!options.tls_cert.empty()) return UnimplementedError("--tls-cert");
  if (!options.tls_key.empty()) return UnimplementedError("--tls-key");
  if (!options.tls_ca.empty()) return UnimplementedError("--tls-ca");
  if (options.device == "all" || options.device.rfind("cuda", 0) == 0) {
    return UnimplementedError("--device " + options.device);
  }
  if (options.device != "cpu" && options.device != "auto") {
    return InvalidArgumentError(Concat("--device '", options.device, "': cpu or auto is expected"));
  }
  GVSL_RETURN_IF_ERROR(CheckAddress("--coordinator", options.coordinator, options.insecure));
  GVSL_RETURN_IF_ERROR(CheckAddress("--listen", options.listen, options.insecure));
  return CheckAddress("--http", options.http, options.insecure);
}

Status ResolveWorkerOptions(WorkerOptions& options) {
  if (options.name.empty()) options.name = Concat(HostName(), "-", RandomHex(4));
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  options.device = "cpu";
  if (options.trainer.empty()) {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return InternalError("/proc/self/exe: " + error.message());
    options.trainer = (self.parent_path() / "gvsl-trainer").string();
  }
  if (::access(options.trainer.c_str(), X_OK) != 0) {
    return NotFoundError(Concat("there is no trainer program at ", options.trainer));
  }
  return OkStatus();
}

std::vector<std::string> TrainerCommandLine(const WorkerOptions& options) {
  std::vector<std::string> command = {options.trainer, "--listen", options.listen};
  if (!options.advertise.empty()) command.insert(command.end(), {"--advertise", options.advertise});
  return command;
}

std::string RandomHex(std::size_t digits) {
  std::random_device random;
  std::string bytes;
  while (bytes.size() * 2 < digits) bytes.push_back(static_cast<char>(random()));
  return HexEncode(bytes).substr(0, digits);
}

}  // namespace gvsl::agent
