#include <signal.h>

#include <algorithm>

#include "cli/local/instance.h"
#include "cli/local/lock.h"
#include "cli/local/stop.h"

namespace gvsl::cli::local {
namespace {

constexpr Duration kPollInterval = std::chrono::milliseconds(20);
constexpr Duration kKillPatience = std::chrono::seconds(5);

StatusOr<bool> AwaitEnd(const std::vector<ProcessIdentity>& processes, Clock& clock,
                        Duration patience, Interrupt* interrupt) {
  const TimePoint end = clock.Now() + patience;
  while (std::any_of(processes.begin(), processes.end(),
                     [](const ProcessIdentity& process) { return process.Alive(); })) {
    if (clock.Now() >= end) return false;
    clock.SleepFor(kPollInterval);
    if (interrupt != nullptr && interrupt->requested()) return CancelledError("interrupted");
  }
  return true;
}

}  // namespace

StatusOr<int> StopAll(const std::vector<ProcessIdentity>& processes, Clock& clock,
                      Duration patience, Interrupt* interrupt) {
  for (const ProcessIdentity& process : processes) process.Signal(SIGTERM);
  GVSL_ASSIGN_OR_RETURN(const bool ended, AwaitEnd(processes, clock, patience, interrupt));
  if (ended) return 0;
  int killed = 0;
  for (const ProcessIdentity& process : processes) {
    if (!process.Alive()) continue;
    process.Signal(SIGKILL);
    ++killed;
  }
  GVSL_RETURN_IF_ERROR(AwaitEnd(processes, clock, kKillPatience, interrupt).status());
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
  GVSL_ASSIGN_OR_RETURN(const int workers_killed,
                        StopAll(workers, environment.clock, patience, &context.interrupt()));
  GVSL_ASSIGN_OR_RETURN(
      const int coordinators_killed,
      StopAll({record->coordinator.identity}, environment.clock, patience, &context.interrupt()));
  if (workers_killed + coordinators_killed > 0) {
    context.err() << "gvslctl: " << workers_killed + coordinators_killed
                  << " of them did not end in time and were killed" << std::endl;
  }
  if (record->AnyAlive()) return InternalError("a process does not end, not even when killed");
  GVSL_RETURN_IF_ERROR(RemoveRecord(environment.files, directory));
  return running;
}

}  // namespace gvsl::cli::local
