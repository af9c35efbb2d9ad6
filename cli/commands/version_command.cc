#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "common/text.h"
#include "common/version.h"

namespace gvsl::cli {

Action ConfigureVersion(CLI::App&) {
  return [](Context& context) -> StatusOr<ExitCode> {
    const Json json = {{"program", "gvslctl"}, {"version", kVersion}};
    GVSL_RETURN_IF_ERROR(
        context.Print(context.json() ? DumpPretty(json) : Concat("gvslctl ", kVersion)));
    return kDone;
  };
}

}  // namespace gvsl::cli
