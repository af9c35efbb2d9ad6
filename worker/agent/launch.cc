#include "worker/agent/launch.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include "common/text.h"

namespace gvsl::agent {
namespace {

std::string Read(const Environment& environment, const char* name) {
  const char* value = environment(name);
  return value == nullptr ? "" : value;
}

std::optional<std::uint32_t> ReadNumber(const Environment& environment, const char* name) {
  const std::string text = Read(environment, name);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Of the first of the launchers, from the most particular to the most general: inside an allocation
// of Slurm, mpirun's ranks also inherit what Slurm says of mpirun's own daemon.
struct Launcher {
  const char* name;
  const char* rank;
  const char* size;
  const char* needs = nullptr;  // a further variable that must be there
};
constexpr std::array kLaunchers = {
    Launcher{"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    Launcher{"PMI", "PMI_RANK", "PMI_SIZE"},
    // The batch script itself has a SLURM_PROCID too, but is no step that srun started.
    Launcher{"Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_ID"},
};

// A requeued Slurm job has the same numbers, and another count of restarts.
std::string SlurmStep(const Environment& environment) {
  const std::string job = Read(environment, "SLURM_JOB_ID");
  const std::string step = Read(environment, "SLURM_STEP_ID");
  if (job.empty() || step.empty()) return "";
  const std::string restarts = Read(environment, "SLURM_RESTART_COUNT");
  return Concat("slurm-", job, ".", step, ".", restarts.empty() ? "0" : restarts);
}

// Open MPI's key is random; its job number alone is made of the host and the process number.
std::string IdOf(const Environment& environment, const Launcher& launcher) {
  if (launcher.name != kLaunchers[0].name) return SlurmStep(environment);
  const std::string key = Read(environment, "OMPI_MCA_orte_precondition_transports");
  const std::string number = Read(environment, "PMIX_NAMESPACE");
  const std::string step = SlurmStep(environment);
  if (!key.empty()) return "mpi-" + key.substr(0, 16);
  return number.empty() || !step.empty() ? step : "mpi-" + number;
}

std::string Cleaned(std::string id) {
  std::replace_if(
      id.begin(), id.end(),
      [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_' && c != '.'; },
      '-');
  return id;
}

}  // namespace

StatusOr<Launch> FindLaunch(const Environment& environment, const std::string& gang_id) {
  for (const Launcher& launcher : kLaunchers) {
    const auto rank = ReadNumber(environment, launcher.rank);
    const auto size = ReadNumber(environment, launcher.size);
    if (!rank || !size) continue;
    if (launcher.needs != nullptr && Read(environment, launcher.needs).empty()) continue;
    if (*size == 0 || *rank >= *size) {
      return InvalidArgumentError(Concat("--gang mpi: ", launcher.rank, "=", *rank, " and ",
                                         launcher.size, "=", *size, " are no place in a gang"));
    }
    const std::string id = Cleaned(gang_id.empty() ? IdOf(environment, launcher) : gang_id);
    if (id.empty()) {
      return InvalidArgumentError(Concat("--gang mpi: this launcher (", launcher.name,
                                         ") gives its launches no id; give --gang-id, another one "
                                         "for each launch"));
    }
    return Launch{.id = id, .rank = *rank, .size = *size};
  }
  return InvalidArgumentError(
      "--gang mpi: no launcher is known here; start it by mpirun or srun (mpirun -n 1 for a gang "
      "of "
      "one)");
}

}  // namespace gvsl::agent
