#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/format.h"
#include "cli/render/job_json.h"
#include "common/text.h"

namespace gvsl::cli {

Action ConfigureExplain(CLI::App& app) {
  const auto request = std::make_shared<v1::ExplainJobRequest>();
  AddJobArgument(app, *request->mutable_job());
  return [request](Context& context) -> StatusOr<ExitCode> {
    GVSL_ASSIGN_OR_RETURN(
        const v1::ExplainJobResponse answer,
        context.Call(*context.stubs().jobs, &v1::JobService::StubInterface::ExplainJob, *request));
    std::vector<std::string> sentences;
    for (const auto& sentence : answer.sentences()) sentences.push_back(Printable(sentence));
    const Json json = {{"job", request->job()}, {"sentences", sentences}};
    GVSL_RETURN_IF_ERROR(context.Print(context.json() ? DumpPretty(json) : Join(sentences, "\n")));
    return kDone;
  };
}

}  // namespace gvsl::cli
