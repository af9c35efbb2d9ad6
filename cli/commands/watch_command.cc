#include <memory>

#include "cli/commands/commands.h"
#include "cli/commands/follow.h"

namespace gvsl::cli {

Action ConfigureWatch(CLI::App& app) {
  const auto job = std::make_shared<std::string>();
  AddJobArgument(app, *job);
  return [job](Context& context) -> StatusOr<ExitCode> {
    const Environment& environment = context.environment();
    JsonView json(context.out());
    ProgressView progress(context.out(), environment.out_is_terminal, environment.terminal_columns,
                          environment.clock);
    JobView& view = context.json() ? static_cast<JobView&>(json) : progress;
    GVSL_ASSIGN_OR_RETURN(const v1::Job last, FollowJob(context, *job, view));
    return ExitCodeForEnd(last.state());
  };
}

}  // namespace gvsl::cli
