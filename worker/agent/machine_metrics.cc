#include "worker/agent/machine_metrics.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>
#include <optional>

#include "common/text.h"

namespace gvsl::agent {
namespace {

constexpr char kMemory[] = "gvsl_worker_memory_bytes";
constexpr char kDiskFree[] = "gvsl_worker_disk_free_bytes";
constexpr char kDiskSize[] = "gvsl_worker_disk_size_bytes";

// Nothing when the process is gone.
std::optional<double> ResidentBytes(const std::string& process) {
  std::ifstream statm(Concat("/proc/", process, "/statm"));
  double pages = 0, resident = 0;
  if (!(statm >> pages >> resident) || resident == 0) return std::nullopt;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void MeasureMachine(Metrics& metrics, const std::string& work_dir, pid_t trainer) {
  const auto show_memory = [&](const char* name, const std::string& process) {
    const auto bytes = ResidentBytes(process);
    if (!bytes) return metrics.RemoveSeries({{"process", name}});
    metrics.SetGauge(kMemory, "Resident memory of agent and trainer.", *bytes, {{"process", name}});
  };
  show_memory("agent", "self");
  show_memory("trainer", trainer > 0 ? std::to_string(trainer) : "none");

  struct statvfs disk {};
  if (::statvfs(work_dir.c_str(), &disk) != 0) {
    metrics.RemoveGauge(kDiskFree);
    metrics.RemoveGauge(kDiskSize);
    return;
  }
  const auto block = static_cast<double>(disk.f_frsize);
  metrics.SetGauge(kDiskFree, "What is left on the file system of the work directory.",
                   static_cast<double>(disk.f_bavail) * block);
  metrics.SetGauge(kDiskSize, "Size of the file system of the work directory.",
                   static_cast<double>(disk.f_blocks) * block);
}

}  // namespace gvsl::agent
