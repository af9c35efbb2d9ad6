#include "cli/commands/commands.h"
#include "cli/render/job_json.h"

namespace gvsl::cli {

Action ConfigureVersion(CLI::App&) {
  return [](Context& context) -> StatusOr<ExitCode> {
    const Json json = {{"program", "gvslctl"}, {"version", GVSL_VERSION}};
    GVSL_RETURN_IF_ERROR(
        context.Print(context.json() ? DumpPretty(json) : "gvslctl " GVSL_VERSION));
    return kDone;
  };
}

}  // namespace gvsl::cli
