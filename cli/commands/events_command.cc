#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "cli/render/job_text.h"

namespace gvsl::cli {

Action ConfigureEvents(CLI::App& app) {
  const auto request = std::make_shared<v1::ListEventsRequest>();
  AddJobArgument(app, *request->mutable_job());
  return [request](Context& context) -> StatusOr<ExitCode> {
    Repeated<v1::JobEvent> events;
    do {
      GVSL_ASSIGN_OR_RETURN(const v1::ListEventsResponse page,
                            context.Call(*context.stubs().jobs,
                                         &v1::JobService::StubInterface::ListEvents, *request));
      events.MergeFrom(page.events());
      request->set_page_token(page.next_page_token());
    } while (!request->page_token().empty());
    GVSL_RETURN_IF_ERROR(context.Print(context.json() ? DumpPretty(ArrayToJson(events, EventToJson))
                                                      : EventTable(events)));
    return kDone;
  };
}

}  // namespace gvsl::cli
