// cancel, pause, resume: one call that answers the job.
#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

template <typename Request>
using Method = grpc::Status (v1::JobService::StubInterface::*)(grpc::ClientContext*, const Request&,
                                                               v1::Job*);

template <typename Request>
Action ConfigureChange(CLI::App& app, Method<Request> method) {
  const auto request = std::make_shared<Request>();
  AddJobArgument(app, *request->mutable_job());
  return [request, method](Context& context) -> StatusOr<ExitCode> {
    GVSL_ASSIGN_OR_RETURN(const v1::Job job, context.Call(*context.stubs().jobs, method, *request));
    GVSL_RETURN_IF_ERROR(context.Print(context.json()
                                           ? DumpPretty(JobToJson(job))
                                           : Concat(job.name(), " ", StateName(job.state()))));
    return kDone;
  };
}

}  // namespace

Action ConfigureCancel(CLI::App& app) {
  return ConfigureChange<v1::CancelJobRequest>(app, &v1::JobService::StubInterface::CancelJob);
}
Action ConfigurePause(CLI::App& app) {
  return ConfigureChange<v1::PauseJobRequest>(app, &v1::JobService::StubInterface::PauseJob);
}
Action ConfigureResume(CLI::App& app) {
  return ConfigureChange<v1::ResumeJobRequest>(app, &v1::JobService::StubInterface::ResumeJob);
}

}  // namespace gvsl::cli
