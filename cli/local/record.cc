#include "cli/local/record.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/text.h"

namespace gvsl::cli::local {
namespace {

using Json = nlohmann::ordered_json;

std::string RecordPath(const std::string& directory) { return JoinPath(directory, "local.json"); }

ProcessIdentity IdentityOf(const Json& json) {
  return {json.at("pid").get<int>(), json.at("start_ticks").get<std::uint64_t>()};
}

}  // namespace

bool Record::AnyAlive() const {
  return coordinator.identity.Alive() ||
         std::any_of(workers.begin(), workers.end(),
                     [](const WorkerRecord& worker) { return worker.identity.Alive(); });
}

bool Record::AllAlive() const {
  return coordinator.identity.Alive() &&
         std::all_of(workers.begin(), workers.end(),
                     [](const WorkerRecord& worker) { return worker.identity.Alive(); });
}

std::string Record::LogPath(const std::string& process) const {
  return Concat(directory, "/logs/", process, ".log");
}

std::string Record::OutputPath(const std::string& process) const {
  return Concat(directory, "/logs/", process, ".out");
}

StatusOr<std::string> DefaultDirectory(
    const std::function<std::optional<std::string>(const std::string&)>& variable) {
  if (const auto state = variable("XDG_STATE_HOME")) return JoinPath(*state, "gvsl/local");
  if (const auto home = variable("HOME")) return JoinPath(*home, ".local/state/gvsl/local");
  return FailedPreconditionError("neither XDG_STATE_HOME nor HOME is set; --dir says where");
}

StatusOr<Record> ReadRecord(FileSystem& files, const std::string& directory) {
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, RecordPath(directory)));
  try {
    const Json json = Json::parse(text);
    const Json& coordinator = json.at("coordinator");
    Record record{directory,
                  {IdentityOf(coordinator), coordinator.at("address").get<std::string>(),
                   coordinator.at("http").get<std::string>()},
                  {}};
    for (const Json& worker : json.at("workers")) {
      record.workers.push_back({worker.at("name").get<std::string>(), IdentityOf(worker)});
    }
    return record;
  } catch (const Json::exception& error) {
    return DataLossError(Concat(RecordPath(directory), ": ", error.what()));
  }
}

Status WriteRecord(FileSystem& files, const Record& record) {
  const CoordinatorRecord& coordinator = record.coordinator;
  Json json = {{"coordinator",
                {{"pid", coordinator.identity.pid},
                 {"start_ticks", coordinator.identity.start_ticks},
                 {"address", coordinator.address},
                 {"http", coordinator.http}}},
               {"workers", Json::array()}};
  for (const WorkerRecord& worker : record.workers) {
    json["workers"].push_back({{"name", worker.name},
                               {"pid", worker.identity.pid},
                               {"start_ticks", worker.identity.start_ticks}});
  }
  return WriteFileDurably(files, RecordPath(record.directory), json.dump(2) + "\n");
}

Status RemoveRecord(FileSystem& files, const std::string& directory) {
  return files.RemoveFile(RecordPath(directory));
}

std::optional<ServerAddresses> ParseServerOutput(const std::string& text) {
  ServerAddresses addresses;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    if (line.rfind("listening ", 0) == 0) addresses.grpc = line.substr(10);
    if (line.rfind("http ", 0) == 0) addresses.http = line.substr(5);
  }
  if (addresses.grpc.empty() || addresses.http.empty()) return std::nullopt;
  return addresses;
}

}  // namespace gvsl::cli::local
