// local up, local down, local status.
#include <memory>

#include "cli/commands/commands.h"
#include "cli/core/this_machine.h"
#include "cli/local/instance.h"
#include "cli/render/job_json.h"
#include "cli/render/table.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

struct Options {
  std::string directory;
  int workers = 0;
};

std::shared_ptr<Options> AddDirectory(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--dir", options->directory,
                 "the instance's folder (${XDG_STATE_HOME:-~/.local/state}/gvsl/local)")
      ->type_name("DIR");
  return options;
}

std::string StateOf(const local::ProcessIdentity& identity) {
  return identity.Alive() ? "RUNNING" : "ENDED";
}

Json InstanceToJson(const local::Record& record, bool known) {
  Json json = {{"running", known && record.AnyAlive()},
               {"directory", record.directory},
               {"coordinator", nullptr},
               {"workers", Json::array()}};
  if (!known) return json;
  json["coordinator"] = {{"pid", record.coordinator.identity.pid},
                         {"state", StateOf(record.coordinator.identity)},
                         {"address", record.coordinator.address},
                         {"http", record.coordinator.http},
                         {"log", record.LogPath("coordinator")}};
  for (const local::WorkerRecord& worker : record.workers) {
    json["workers"].push_back({{"name", worker.name},
                               {"pid", worker.identity.pid},
                               {"state", StateOf(worker.identity)},
                               {"log", record.LogPath(worker.name)}});
  }
  return json;
}

std::string InstanceTable(const local::Record& record) {
  std::vector<std::vector<std::string>> rows = {
      {"coordinator", std::to_string(record.coordinator.identity.pid),
       StateOf(record.coordinator.identity), record.coordinator.address,
       record.LogPath("coordinator")}};
  for (const local::WorkerRecord& worker : record.workers) {
    rows.push_back({worker.name, std::to_string(worker.identity.pid), StateOf(worker.identity), "",
                    record.LogPath(worker.name)});
  }
  return FormatTable({"NAME", "PID", "STATE", "ADDRESS", "LOG"}, rows);
}

}  // namespace

Action ConfigureLocalUp(CLI::App& app) {
  const auto options = AddDirectory(app);
  app.add_option("--workers", options->workers, "how many (2, or as many as run already)")
      ->check(CLI::Range(1, 64));
  return [options](Context& context) -> StatusOr<ExitCode> {
    GVSL_ASSIGN_OR_RETURN(const std::string directory,
                          local::ResolveDirectory(options->directory, context.environment()));
    const auto workers = options->workers > 0 ? std::optional<int>(options->workers) : std::nullopt;
    const auto up_result = local::BringUp(context, directory, workers);
    if (!up_result.ok()) return OnThisMachine(up_result.status());
    const local::UpResult& up = *up_result;
    if (!up.changed) context.err() << "gvslctl: already up" << std::endl;
    GVSL_RETURN_IF_ERROR(context.Print(context.json() ? DumpPretty(InstanceToJson(up.record, true))
                                                      : InstanceTable(up.record)));
    return kDone;
  };
}

Action ConfigureLocalDown(CLI::App& app) {
  return [options = AddDirectory(app)](Context& context) -> StatusOr<ExitCode> {
    GVSL_ASSIGN_OR_RETURN(const std::string directory,
                          local::ResolveDirectory(options->directory, context.environment()));
    GVSL_ASSIGN_OR_RETURN(const bool was_running, local::TakeDown(context, directory));
    const Json json = {{"running", false}, {"was_running", was_running}, {"directory", directory}};
    GVSL_RETURN_IF_ERROR(context.Print(context.json() ? DumpPretty(json)
                                       : was_running  ? "stopped"
                                                      : "nothing was running"));
    return kDone;
  };
}

Action ConfigureLocalStatus(CLI::App& app) {
  return [options = AddDirectory(app)](Context& context) -> StatusOr<ExitCode> {
    GVSL_ASSIGN_OR_RETURN(const std::string directory,
                          local::ResolveDirectory(options->directory, context.environment()));
    const auto found = local::ReadRecord(context.environment().files, directory);
    if (!found.ok() && found.status().code() != StatusCode::kNotFound) return found.status();
    const local::Record record = found.ok() ? *found : local::Record{directory, {}, {}};
    GVSL_RETURN_IF_ERROR(context.Print(
        context.json() ? DumpPretty(InstanceToJson(record, found.ok()))
                       : (found.ok() ? InstanceTable(record) : "nothing is running")));
    return kDone;
  };
}

}  // namespace gvsl::cli
