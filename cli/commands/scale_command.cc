#include <charconv>
#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

bool ParseCount(std::string_view text, std::uint32_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// MIN:MAX
Status ParseRange(const std::string& text, v1::ScaleJobRequest& request) {
  const std::size_t colon = text.find(':');
  std::uint32_t least = 0, most = 0;
  if (colon == std::string::npos || !ParseCount(std::string_view(text).substr(0, colon), least) ||
      !ParseCount(std::string_view(text).substr(colon + 1), most)) {
    return UsageError(Concat("--workers ", text), "must be MIN:MAX, two whole numbers");
  }
  request.set_min_workers(least);
  request.set_max_workers(most);
  return OkStatus();
}

}  // namespace

Action ConfigureScale(CLI::App& app) {
  const auto request = std::make_shared<v1::ScaleJobRequest>();
  const auto range = std::make_shared<std::string>();
  AddJobArgument(app, *request->mutable_job());
  app.add_option("--workers", *range, "the least and the most workers")
      ->type_name("MIN:MAX")
      ->required();
  return [request, range](Context& context) -> StatusOr<ExitCode> {
    GVSL_RETURN_IF_ERROR(ParseRange(*range, *request));
    GVSL_ASSIGN_OR_RETURN(
        const v1::Job job,
        context.Call(*context.stubs().jobs, &v1::JobService::StubInterface::ScaleJob, *request));
    const auto& workers = job.spec().workers();
    GVSL_RETURN_IF_ERROR(context.Print(
        context.json() ? DumpPretty(JobToJson(job))
                       : Concat(job.name(), " workers ", workers.min(), ":", workers.max())));
    return kDone;
  };
}

}  // namespace gvsl::cli
