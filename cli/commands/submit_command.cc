#include <memory>
#include <random>

#include "cli/commands/commands.h"
#include "cli/commands/follow.h"
#include "cli/render/job_json.h"
#include "cli/spec/job_yaml.h"
#include "cli/spec/yaml_file.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> settings;
  std::string request_id;
  bool dry_run = false;
  bool wait = false;
};

std::string RandomId() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(device());
  return HexEncode(bytes);
}

// False when no connection came about (gRPC says so in its message only).
bool MayHaveArrived(const Status& status) {
  return IsAway(status) && status.message().find("failed to connect") == std::string::npos;
}

Status PrintJob(Context& context, const v1::Job& job) {
  return context.Print(context.json() ? DumpPretty(JobToJson(job)) : job.name());
}

StatusOr<ExitCode> Wait(Context& context, const v1::Job& created) {
  if (!context.json()) GVSL_RETURN_IF_ERROR(PrintJob(context, created));
  const Environment& environment = context.environment();
  ProgressView view(context.err(), environment.err_is_terminal, environment.terminal_columns,
                    environment.clock);
  GVSL_ASSIGN_OR_RETURN(const v1::Job last, FollowJob(context, created.uid(), view));
  if (context.json()) GVSL_RETURN_IF_ERROR(PrintJob(context, last));
  return ExitCodeForEnd(last.state());
}

StatusOr<ExitCode> Submit(Context& context, const Options& options) {
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadYamlFile(options.file));
  v1::CreateJobRequest request;
  GVSL_ASSIGN_OR_RETURN(*request.mutable_spec(),
                        ParseJobYaml(text, options.file, options.settings));
  request.set_request_id(options.request_id.empty() ? RandomId() : options.request_id);
  request.set_validate_only(options.dry_run);
  const auto job =
      context.Call(*context.stubs().jobs, &v1::JobService::StubInterface::CreateJob, request);
  if (!job.ok() && !options.dry_run && MayHaveArrived(job.status())) {
    context.err() << "gvslctl: whether the job was created is not known; the same job file with "
                  << "--request-id " << request.request_id() << " makes sure of one" << std::endl;
  }
  if (!job.ok()) return job.status();
  if (options.dry_run) {
    GVSL_RETURN_IF_ERROR(context.Print(context.json() ? DumpPretty(SpecToJson(job->spec()))
                                                      : FormatJobYaml(job->spec())));
    return kDone;
  }
  if (options.wait) return Wait(context, *job);
  GVSL_RETURN_IF_ERROR(PrintJob(context, *job));
  return kDone;
}

}  // namespace

Action ConfigureSubmit(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("FILE", options->file, "job file; - is standard input")->required();
  app.add_option("--set", options->settings,
                 "a key of the job file and its value, as workers.max=4; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--request-id", options->request_id,
                 "the same id with the same job gives the same job (random)");
  app.add_flag("--dry-run", options->dry_run, "only print the job as it would be stored");
  app.add_flag("--wait", options->wait, "follow the job on standard error until it ends");
  return [options](Context& context) { return Submit(context, *options); };
}

}  // namespace gvsl::cli
