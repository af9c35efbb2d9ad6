// checkpoints, checkpoint verify, checkpoint delete.
#include <memory>

#include "cli/commands/commands.h"
#include "cli/render/job_json.h"
#include "cli/render/job_text.h"
#include "common/program_options.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

using Stub = v1::CheckpointService::StubInterface;

struct Place {
  std::string job;
  std::uint64_t step = 0;
};

std::shared_ptr<Place> AddPlace(CLI::App& app) {
  auto place = std::make_shared<Place>();
  AddJobArgument(app, place->job);
  app.add_option("STEP", place->step, "step of the checkpoint")
      ->required()
      ->check(NumberFrom(0, 999999999));
  return place;
}

}  // namespace

Action ConfigureCheckpoints(CLI::App& app) {
  const auto request = std::make_shared<v1::ListCheckpointsRequest>();
  AddJobArgument(app, *request->mutable_job());
  return [request](Context& context) -> StatusOr<ExitCode> {
    GVSL_ASSIGN_OR_RETURN(
        const v1::ListCheckpointsResponse answer,
        context.Call(*context.stubs().checkpoints, &Stub::ListCheckpoints, *request));
    GVSL_RETURN_IF_ERROR(context.Print(
        context.json() ? DumpPretty(ArrayToJson(answer.checkpoints(), CheckpointToJson))
                       : CheckpointTable(answer.checkpoints())));
    return kDone;
  };
}

Action ConfigureCheckpointVerify(CLI::App& app) {
  return [place = AddPlace(app)](Context& context) -> StatusOr<ExitCode> {
    v1::VerifyCheckpointRequest request;
    request.set_job(place->job);
    request.set_step(place->step);
    GVSL_ASSIGN_OR_RETURN(
        const v1::Checkpoint checkpoint,
        context.Call(*context.stubs().checkpoints, &Stub::VerifyCheckpoint, request));
    GVSL_RETURN_IF_ERROR(context.Print(
        context.json() ? DumpPretty(CheckpointToJson(checkpoint))
                       : Concat(place->job, " step ", checkpoint.step(),
                                " is good, weights_sha256 ", checkpoint.weights_sha256())));
    return kDone;
  };
}

Action ConfigureCheckpointDelete(CLI::App& app) {
  return [place = AddPlace(app)](Context& context) -> StatusOr<ExitCode> {
    v1::DeleteCheckpointRequest request;
    request.set_job(place->job);
    request.set_step(place->step);
    GVSL_RETURN_IF_ERROR(
        context.Call(*context.stubs().checkpoints, &Stub::DeleteCheckpoint, request).status());
    const Json json = {{"job", place->job}, {"step", place->step}, {"deleted", true}};
    GVSL_RETURN_IF_ERROR(context.Print(
        context.json() ? DumpPretty(json) : Concat(place->job, " step ", place->step, " deleted")));
    return kDone;
  };
}

}  // namespace gvsl::cli
