// The options of gvsl-worker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/program_options.h"
#include "common/status.h"
#include "common/transport_options.h"
#include "worker/agent/launch.h"

namespace gvsl::agent {

struct WorkerOptions {
  std::string coordinator = "127.0.0.1:7600";
  std::string work_dir;                // required; created
  std::string device = "auto";         // cpu, cuda:N, auto, all
  std::string name;                    // empty: the host's name and a random part
  std::uint32_t threads = 0;           // 0: the machine's cores
  std::string listen = "127.0.0.1:0";  // for peers
  std::string http = "127.0.0.1:0";
  std::string advertise;              // empty: what `listen` bound
  double drain_timeout_seconds = 25;  // from SIGTERM to the end, whatever the trainer does
  std::string trainer;                // empty: gvsl-trainer beside this program
  std::string shard_cache;            // directory; empty: datasets are read where they lie
  std::uint64_t shard_cache_bytes = std::uint64_t{50} << 30;
  double dataset_patience_seconds = 600;  // with a dataset that cannot be read
  TransportOptions transport;             // of the agent and its trainer
  std::string gang;     // mpi: one rank of a static gang; empty: a worker of the pool
  std::string gang_id;  // empty: what the launcher says
  Launch launch;        // with `gang`, once resolved
};

void AddWorkerOptions(CLI::App& app, WorkerOptions& options);

// UNIMPLEMENTED names what a later version brings; INVALID_ARGUMENT is wrong usage.
Status CheckWorkerOptions(const WorkerOptions& options);

// Puts in what depends on the machine: name, threads, trainer, and a rank's own place in a static
// gang. NOT_FOUND without a trainer program.
Status ResolveWorkerOptions(WorkerOptions& options, const Environment& environment);

// The devices to serve, by what the trainer finds on this machine; NOT_FOUND without such a one.
StatusOr<std::vector<std::string>> ResolveDevices(const WorkerOptions& options);

// The trainer's command line; options.device is one device.
std::vector<std::string> TrainerCommandLine(const WorkerOptions& options);

// Hexadecimal digits from the system's random source.
std::string RandomHex(std::size_t digits);

}  // namespace gvsl::agent
