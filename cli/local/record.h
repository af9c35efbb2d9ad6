// DIR/local.json: what `gvslctl local up` has started, for `down`, `status`, and for every other
// command that looks for the coordinator.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/local/process.h"
#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::cli::local {

struct CoordinatorRecord {
  ProcessIdentity identity;
  std::string address;  // HOST:PORT of gRPC
  std::string http;
};

struct WorkerRecord {
  std::string name;
  ProcessIdentity identity;
};

struct Record {
  std::string directory;  // absolute
  CoordinatorRecord coordinator;
  std::vector<WorkerRecord> workers;

  bool AnyAlive() const;
  bool AllAlive() const;
  std::string LogPath(const std::string& process) const;
  std::string OutputPath(const std::string& process) const;
};

// ${XDG_STATE_HOME:-~/.local/state}/gvsl/local. FAILED_PRECONDITION without a home.
StatusOr<std::string> DefaultDirectory(
    const std::function<std::optional<std::string>(const std::string&)>& variable);

// NOT_FOUND where nothing was started; DATA_LOSS for a file that is not a record.
StatusOr<Record> ReadRecord(FileSystem& files, const std::string& directory);
Status WriteRecord(FileSystem& files, const Record& record);
Status RemoveRecord(FileSystem& files, const std::string& directory);

// The addresses that a server says on its standard output, once both lines are whole. Pure.
struct ServerAddresses {
  std::string grpc;
  std::string http;
};
std::optional<ServerAddresses> ParseServerOutput(const std::string& text);

}  // namespace gvsl::cli::local
