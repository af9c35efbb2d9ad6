#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "cli/local/instance.h"
#include "cli/local/lock.h"
#include "cli/local/stop.h"
#include "common/text.h"

namespace gvsl::cli::local {
namespace {

constexpr Duration kPollInterval = std::chrono::milliseconds(50);
constexpr double kFreshHeartbeatSeconds = 2;
constexpr int kDefaultWorkers = 2;
constexpr std::size_t kLogLinesShown = 5;

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string LastLines(const std::string& path) {
  std::istringstream lines(ReadWhole(path));
  std::vector<std::string> last;
  for (std::string line; std::getline(lines, line);) {
    if (last.size() == kLogLinesShown) last.erase(last.begin());
    last.push_back("  " + line);
  }
  return Join(last, "\n");
}

class Builder {
 public:
  Builder(Context& context, Record record)
      : context_(context),
        record_(std::move(record)),
        end_(context.environment().clock.Now() + context.Timeout(kLocalTimeout)) {}

  Status Build(int workers) {
    GVSL_RETURN_IF_ERROR(EnsureCoordinator());
    GVSL_RETURN_IF_ERROR(DropSurplus(workers));
    for (int number = 1; number <= workers; ++number) {
      GVSL_RETURN_IF_ERROR(EnsureWorker(Concat("worker-", number), workers));
    }
    return changed_ ? AwaitRegistration() : OkStatus();
  }

  // Takes back what Build has started.
  void Undo() {
    // Not to be interrupted: an interrupt may be why this is here.
    (void)StopAll(started_, context_.environment().clock, std::chrono::seconds(5), nullptr);
    if (record_.AnyAlive()) {
      (void)WriteRecord(context_.environment().files, record_);
    } else {
      (void)RemoveRecord(context_.environment().files, record_.directory);
    }
  }

  UpResult TakeResult() { return {std::move(record_), changed_}; }

 private:
  std::string Program(const std::string& name) const {
    return JoinPath(context_.environment().program_directory, name);
  }

  StatusOr<ProcessIdentity> Launch(const std::string& name, std::vector<std::string> arguments) {
    GVSL_ASSIGN_OR_RETURN(const ProcessIdentity identity,
                          Start({std::move(arguments), record_.directory, record_.OutputPath(name),
                                 record_.LogPath(name)}));
    started_.push_back(identity);
    changed_ = true;
    return identity;
  }

  Status EnsureCoordinator() {
    CoordinatorRecord& coordinator = record_.coordinator;
    if (coordinator.identity.Alive()) return OkStatus();
    // Workers that are still there look for it where it was.
    const bool again = record_.AnyAlive();
    const std::string listen = again ? coordinator.address : "127.0.0.1:0";
    const std::string http = again ? coordinator.http : "127.0.0.1:0";
    GVSL_ASSIGN_OR_RETURN(
        coordinator.identity,
        Launch("coordinator", {Program("gvsl-coordinator"), "--listen", listen, "--http", http,
                               "--state", JoinPath(record_.directory, "state")}));
    while (true) {
      const auto addresses = ParseServerOutput(ReadWhole(record_.OutputPath("coordinator")));
      if (addresses) {
        coordinator.address = addresses->grpc;
        coordinator.http = addresses->http;
        return WriteRecord(context_.environment().files, record_);
      }
      GVSL_RETURN_IF_ERROR(CheckAlive("coordinator", coordinator.identity));
      GVSL_RETURN_IF_ERROR(Wait("coordinator", "did not say its address"));
    }
  }

  Status DropSurplus(int workers) {
    std::vector<ProcessIdentity> surplus;
    std::set<std::string> wanted;
    for (int number = 1; number <= workers; ++number) wanted.insert(Concat("worker-", number));
    const auto kept =
        std::partition(record_.workers.begin(), record_.workers.end(),
                       [&](const WorkerRecord& worker) { return wanted.count(worker.name) > 0; });
    for (auto worker = kept; worker != record_.workers.end(); ++worker) {
      if (worker->identity.Alive()) surplus.push_back(worker->identity);
    }
    // They are on record until they have ended: an interrupt must not make them be forgotten.
    if (!surplus.empty()) {
      changed_ = true;
      GVSL_RETURN_IF_ERROR(StopAll(surplus, context_.environment().clock,
                                   context_.Timeout(kLocalTimeout), &context_.interrupt())
                               .status());
    }
    record_.workers.erase(kept, record_.workers.end());
    return surplus.empty() ? OkStatus() : WriteRecord(context_.environment().files, record_);
  }

  Status EnsureWorker(const std::string& name, int workers) {
    auto worker =
        std::find_if(record_.workers.begin(), record_.workers.end(),
                     [&](const WorkerRecord& candidate) { return candidate.name == name; });
    if (worker == record_.workers.end()) {
      worker = record_.workers.insert(worker, WorkerRecord{name, {}});
    }
    if (worker->identity.Alive()) return OkStatus();
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    const std::string work = Concat(record_.directory, "/workers/", name);
    GVSL_RETURN_IF_ERROR(context_.environment().files.CreateDirectories(work));
    GVSL_ASSIGN_OR_RETURN(
        worker->identity,
        Launch(name,
               {Program("gvsl-worker"), "--coordinator", record_.coordinator.address, "--work-dir",
                work, "--name", name, "--threads", std::to_string(std::max(1, cores / workers))}));
    return WriteRecord(context_.environment().files, record_);
  }

  Status AwaitRegistration() {
    const Stubs stubs = context_.environment().connect(record_.coordinator.address,
                                                       grpc::InsecureChannelCredentials());
    while (true) {
      const auto answer =
          context_.Call(*stubs.workers, &v1::WorkerService::StubInterface::ListWorkers, {});
      std::set<std::string> registered;
      if (answer.ok()) {
        for (const v1::Worker& worker : answer->workers()) {
          if (worker.heartbeat_age_seconds() < kFreshHeartbeatSeconds) {
            registered.insert(worker.name());
          }
        }
      }
      const auto missing =
          std::find_if(record_.workers.begin(), record_.workers.end(),
                       [&](const WorkerRecord& worker) { return !registered.count(worker.name); });
      if (answer.ok() && missing == record_.workers.end()) return OkStatus();
      GVSL_RETURN_IF_ERROR(CheckAlive("coordinator", record_.coordinator.identity));
      for (const WorkerRecord& worker : record_.workers) {
        GVSL_RETURN_IF_ERROR(CheckAlive(worker.name, worker.identity));
      }
      GVSL_RETURN_IF_ERROR(answer.ok() ? Wait(missing->name, "did not register")
                                       : Wait("coordinator", "gave no list of workers"));
    }
  }

  Status CheckAlive(const std::string& process, const ProcessIdentity& identity) {
    if (identity.Alive()) return OkStatus();
    const std::string log = record_.LogPath(process);
    return FailedPreconditionError(
        Concat(process, " has ended; its log is ", log, "\n", LastLines(log)));
  }

  // Waits a moment; an error when the time is up.
  Status Wait(const std::string& process, const char* complaint) {
    if (context_.environment().clock.Now() >= end_) {
      return AbortedError(Concat(process, " ", complaint, " in time (--timeout); its log is ",
                                 record_.LogPath(process)));
    }
    if (context_.interrupt().WaitFor(kPollInterval)) return CancelledError("interrupted");
    return OkStatus();
  }

  Context& context_;
  Record record_;
  TimePoint end_;
  std::vector<ProcessIdentity> started_;
  bool changed_ = false;
};

Status CheckPrograms(const Environment& environment) {
  for (const char* name : {"gvsl-coordinator", "gvsl-worker"}) {
    const std::string path = JoinPath(environment.program_directory, name);
    if (!environment.files.Exists(path)) {
      return FailedPreconditionError(Concat(path, " is not there; programs stand beside gvslctl"));
    }
  }
  return OkStatus();
}

}  // namespace

StatusOr<std::string> ResolveDirectory(const std::string& directory,
                                       const Environment& environment) {
  if (directory.empty()) return DefaultDirectory(environment.variable);
  return std::filesystem::absolute(directory).lexically_normal().string();
}

StatusOr<UpResult> BringUp(Context& context, const std::string& directory,
                           std::optional<int> workers) {
  FileSystem& files = context.environment().files;
  GVSL_RETURN_IF_ERROR(CheckPrograms(context.environment()));
  for (const char* folder : {"state", "logs", "workers"}) {
    GVSL_RETURN_IF_ERROR(files.CreateDirectories(JoinPath(directory, folder)));
  }
  GVSL_ASSIGN_OR_RETURN(const DirectoryLock lock, DirectoryLock::Take(context, directory));
  auto found = ReadRecord(files, directory);
  if (!found.ok() && found.status().code() != StatusCode::kNotFound) return found.status();
  Record record = found.ok() ? *found : Record{directory, {}, {}};
  const bool known = record.AnyAlive() && !record.workers.empty();
  const int wanted =
      workers.value_or(known ? static_cast<int>(record.workers.size()) : kDefaultWorkers);
  Builder builder(context, std::move(record));
  if (const Status status = builder.Build(wanted); !status.ok()) {
    builder.Undo();
    return status;
  }
  return builder.TakeResult();
}

}  // namespace gvsl::cli::local
