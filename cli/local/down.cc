#include <signal.h>

#include <algorithm>

#include "cli/local/instance.h"
#include "cli/local/lock.h"
#include "cli/local/stop.h"

namespace gvsl::cli::local {
namespace {

constexpr Duration kPollInterval = std::chrono::milliseconds(20);
constexpr Duration kKillPatience = std::chrono::seconds(5);

bool AwaitEnd(const std::vector<ProcessIdentity>& processes, Clock& clock, Duration patience) {
  const TimePoint end = clock.Now() + patience;
  while (std::any_of(processes.begin(), processes.end(),
                     [](const ProcessIdentity& process) { return process.Alive(); })) {
    if (clock.Now() >= end) return false;
    clock.SleepFor(kPollInterval);
  }
  return true;
}

}  // namespace

int StopAll(const std::vector<ProcessIdentity>& processes, Clock& clock, Duration patience) {
  for (const ProcessIdentity& process : processes) process.Signal(SIGTERM);
  if (AwaitEnd(processes, clock, patience)) return 0;
  int killed = 0;
  for (const ProcessIdentity& process : processes) {
    if (!process.Alive()) continue;
    process.Signal(SIGKILL);
    ++killed;
  }
  AwaitEnd(processes, clock, kKillPatience);
  return killed;
}

StatusOr<bool> TakeDown(Context& context, const std::string& directory) {
  Environment& environment = context.environment();
  if (!environment.files.IsDirectory(directory)) return false;
  GVSL_ASSIGN_OR_RETURN(const DirectoryLock lock, DirectoryLock::Take(context, directory));
  const auto record = ReadRecord(environment.files, directory);
  if (!record.ok() && record.status().code() == StatusCode::kNotFound) return false;
  if (!record.ok()) return record.status();
  const bool running = record->AnyAlive();
  std::vector<ProcessIdentity> workers;
  for (const WorkerRecord& worker : record->workers) workers.push_back(worker.identity);
  const Duration patience = context.Timeout(kLocalTimeout);
  int killed = StopAll(workers, environment.clock, patience);
  killed += StopAll({record->coordinator.identity}, environment.clock, patience);
  if (killed > 0) {
    context.err() << "gvslctl: " << killed << " of them did not end in time and were killed"
                  << std::endl;
  }
  if (record->AnyAlive()) return InternalError("a process does not end, not even when killed");
  GVSL_RETURN_IF_ERROR(RemoveRecord(environment.files, directory));
  return running;
}

}  // namespace gvsl::cli::local
