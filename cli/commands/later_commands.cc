#include <memory>

#include "cli/commands/commands.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

// Arguments are parsed, so that a script meets the same usage errors as with a later version.
Action ConfigureLater(CLI::App& app, const std::vector<std::string>& arguments) {
  const auto values = std::make_shared<std::vector<std::string>>(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    app.add_option(arguments[i], (*values)[i])->required();
  }
  std::string name = app.get_name();
  if (const CLI::App* parent = app.get_parent(); parent->get_parent() != nullptr) {
    name = Concat(parent->get_name(), " ", name);
  }
  return [values, name](Context&) -> StatusOr<ExitCode> {
    return UnimplementedError(Concat(name, " is not part of this version"));
  };
}

}  // namespace

Action ConfigureLaterJobCommand(CLI::App& app) { return ConfigureLater(app, {"JOB", "N"}); }
Action ConfigureLaterCheckpointCommand(CLI::App& app) {
  return ConfigureLater(app, {"JOB", "STEP"});
}
Action ConfigureLaterWorkerCommand(CLI::App& app) { return ConfigureLater(app, {"WORKER"}); }

}  // namespace gvsl::cli
