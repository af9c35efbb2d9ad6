#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "cli/render/job_text.h"

namespace gvsl::cli {
namespace {

StatusOr<ExitCode> List(Context& context) {
  Repeated<v1::Job> jobs;
  v1::ListJobsRequest request;
  do {
    GVSL_ASSIGN_OR_RETURN(
        const v1::ListJobsResponse page,
        context.Call(*context.stubs().jobs, &v1::JobService::StubInterface::ListJobs, request));
    jobs.MergeFrom(page.jobs());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  GVSL_RETURN_IF_ERROR(context.Print(context.json()
                                         ? DumpPretty(ArrayToJson(jobs, JobToJson))
                                         : JobTable(jobs, context.environment().clock.WallNow())));
  return kDone;
}

}  // namespace

Action ConfigureList(CLI::App&) { return List; }

}  // namespace gvsl::cli
