#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "cli/render/job_text.h"

namespace gvsl::cli {
namespace {

StatusOr<ExitCode> ListWorkers(Context& context) {
  GVSL_ASSIGN_OR_RETURN(
      const v1::ListWorkersResponse answer,
      context.Call(*context.stubs().workers, &v1::WorkerService::StubInterface::ListWorkers, {}));
  GVSL_RETURN_IF_ERROR(context.Print(context.json()
                                         ? DumpPretty(ArrayToJson(answer.workers(), WorkerToJson))
                                         : WorkerTable(answer.workers())));
  return kDone;
}

}  // namespace

Action ConfigureWorkers(CLI::App&) { return ListWorkers; }

}  // namespace gvsl::cli
