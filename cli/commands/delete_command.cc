#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "common/text.h"

namespace gvsl::cli {

Action ConfigureDelete(CLI::App& app) {
  const auto request = std::make_shared<v1::DeleteJobRequest>();
  const auto checkpoints = std::make_shared<bool>(false);
  AddJobArgument(app, *request->mutable_job());
  app.add_flag("--checkpoints", *checkpoints, "and remove its checkpoints");
  return [request, checkpoints](Context& context) -> StatusOr<ExitCode> {
    request->set_delete_checkpoints(*checkpoints);
    GVSL_RETURN_IF_ERROR(
        context.Call(*context.stubs().jobs, &v1::JobService::StubInterface::DeleteJob, *request)
            .status());
    const Json json = {{"job", request->job()}, {"deleted", true}, {"checkpoints", *checkpoints}};
    GVSL_RETURN_IF_ERROR(
        context.Print(context.json() ? DumpPretty(json) : Concat(request->job(), " deleted")));
    return kDone;
  };
}

}  // namespace gvsl::cli
