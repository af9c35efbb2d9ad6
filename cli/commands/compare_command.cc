#include <memory>
#include <string>

#include "cli/commands/commands.h"
#include "cli/compare/comparison_page.h"
#include "cli/compare/comparison_run.h"
#include "cli/compare/comparison_table.h"
#include "cli/core/exit_code.h"
#include "cli/core/this_machine.h"
#include "cli/render/job_json.h"
#include "cli/spec/job_yaml.h"
#include "cli/spec/yaml_file.h"
#include "common/text.h"

namespace gvsl::cli {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> settings;
  std::string report;
  std::string pictures;
  bool no_resume = false;
  bool dry_run = false;
};

std::string Line(const v1::Job& job) {
  return Concat(job.name(), ": ", StateName(job.state()),
                job.state() == v1::JOB_STATE_FAILED ? Concat(": ", job.reason()) : "");
}

Status PrintPlan(Context& context, const std::vector<PlannedJob>& planned) {
  if (context.json()) {
    Json jobs = Json::array();
    for (const PlannedJob& job : planned) jobs.push_back(SpecToJson(job.spec));
    return context.Print(DumpPretty(jobs));
  }
  std::vector<std::string> names;
  for (const PlannedJob& job : planned) names.push_back(job.spec.name());
  return context.Print(Join(names, "\n"));
}

Status WriteReport(Context& context, const std::string& directory, const ComparedTable& table,
                   const std::vector<Picture>& pictures) {
  FileSystem& files = context.environment().files;
  const std::string page = JoinPath(directory, "report.html");
  GVSL_RETURN_IF_ERROR(WriteFileDurably(files, JoinPath(directory, "table.json"),
                                        DumpPretty(ComparisonToJson(table)) + "\n"));
  GVSL_RETURN_IF_ERROR(WriteFileDurably(files, page, ComparisonPage(table, pictures)));
  context.err() << "report: " << page << std::endl;
  return OkStatus();
}

Status PrintTable(Context& context, const ComparedTable& table) {
  if (context.json()) return context.Print(DumpPretty(ComparisonToJson(table)));
  GVSL_RETURN_IF_ERROR(context.Print(FormatComparison(table)));
  for (const std::string& sentence : AgainstThePaper(table)) {
    GVSL_RETURN_IF_ERROR(context.Print(sentence));
  }
  return OkStatus();
}

StatusOr<ExitCode> Compare(Context& context, const Options& options) {
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadYamlFile(options.file));
  GVSL_ASSIGN_OR_RETURN(const v1::ComparisonSpec spec,
                        ParseComparisonYaml(text, options.file, options.settings));
  GVSL_ASSIGN_OR_RETURN(const std::vector<PlannedJob> planned, PlanComparison(spec));
  if (options.dry_run) {
    GVSL_RETURN_IF_ERROR(PrintPlan(context, planned));
    return kDone;
  }
  FileSystem& files = context.environment().files;
  std::vector<Picture> pictures;
  if (!options.pictures.empty()) {
    auto read = ReadPictures(files, options.pictures);
    if (!read.ok()) return OnThisMachine(read.status());
    pictures = *std::move(read);
  }
  // Before the hours that the jobs take.
  const std::string directory = options.report.empty() ? spec.directory() : options.report;
  const Status made = CreateDirectoriesDurably(files, directory);
  if (!made.ok()) return OnThisMachine(made.WithContext("--report"));
  const auto tell = [&](const v1::Job& job) { context.err() << Line(job) << std::endl; };
  GVSL_ASSIGN_OR_RETURN(const ComparedJobs jobs,
                        RunComparison(context, planned, !options.no_resume, tell));
  const ComparedTable table = Tabulate(spec, planned, jobs);
  const Status written = WriteReport(context, directory, table, pictures);
  GVSL_RETURN_IF_ERROR(PrintTable(context, table));
  if (!written.ok()) return OnThisMachine(written);
  return table.failures.empty() ? kDone : kJobFailed;
}

}  // namespace

Action ConfigureCompare(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("FILE", options->file, "comparison file; - is standard input")->required();
  app.add_option("--set", options->settings,
                 "a key of the file and its value, as common.workers.max=4; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--report", options->report,
                 "folder for report.html and table.json (the comparison's directory)")
      ->type_name("DIR");
  app.add_option("--pictures", options->pictures,
                 "folder of pictures.json and the PNGs that it names, for the page")
      ->type_name("DIR");
  app.add_flag("--no-resume", options->no_resume,
               "jobs of it that failed, were cancelled or paused stay so");
  app.add_flag("--dry-run", options->dry_run, "only print the jobs that it is made of");
  return [options](Context& context) { return Compare(context, *options); };
}

}  // namespace gvsl::cli
