#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "cli/render/job_text.h"

namespace gvsl::cli {

Action ConfigureGet(CLI::App& app) {
  const auto request = std::make_shared<v1::GetJobRequest>();
  AddJobArgument(app, *request->mutable_job());
  return [request](Context& context) -> StatusOr<ExitCode> {
    GVSL_ASSIGN_OR_RETURN(
        const v1::Job job,
        context.Call(*context.stubs().jobs, &v1::JobService::StubInterface::GetJob, *request));
    GVSL_RETURN_IF_ERROR(
        context.Print(context.json() ? DumpPretty(JobToJson(job)) : JobDescription(job)));
    return kDone;
  };
}

}  // namespace gvsl::cli
