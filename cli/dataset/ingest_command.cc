#include <signal.h>
#include <sys/stat.h>

#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "cli/dataset/commands.h"
#include "cli/dataset/pacs_ingest.h"
#include "cli/dataset/progress_line.h"
#include "cli/dataset/terminal.h"
#include "common/clock.h"
#include "common/machine_share.h"
#include "common/program_options.h"
#include "data_loader/ingest.h"

namespace gvsl::cli::dataset {
namespace {

using data_loader::IngestOptions;
using data_loader::IngestReport;

constexpr double kBodyMargin = 10;  // mm

struct Arguments {
  IngestOptions options;
  std::string spacing = "1,1,1";
  std::optional<std::string> window;
  unsigned threads = 0;      // 0: as many as this process may use
  std::uint64_t memory = 0;  // 0: half of what is available
  std::string crop = "none";
  bool json = false;
  PacsArguments pacs;
};

Status ParseChoices(Arguments& arguments) {
  auto& prepare = arguments.options.prepare;
  GVSL_ASSIGN_OR_RETURN(prepare.spacing, data_loader::ParseSpacing(arguments.spacing));
  if (arguments.window) {
    GVSL_ASSIGN_OR_RETURN(prepare.window, data_loader::ParseWindow(*arguments.window));
  }
  auto& bounds = arguments.options.bounds;
  const MachineShare share = ShareOfMachine(PosixFileSystem());
  bounds.threads = arguments.threads != 0 ? arguments.threads : share.processors;
  bounds.memory_bytes = arguments.memory != 0 ? arguments.memory : (share.memory_bytes + 1) / 2;
  if (arguments.crop == "body") prepare.body_margin = kBodyMargin;
  return OkStatus();
}

void PrintSummary(const IngestReport& report, const std::string& output) {
  std::size_t labelled = 0;
  for (const auto& volume : report.accepted) labelled += volume.labelled ? 1 : 0;
  std::cout << "accepted " << report.accepted.size() << " volumes (" << labelled << " labelled), "
            << "rejected " << report.rejected.size() << ", ignored " << report.ignored_files
            << " other files\n";
  std::map<std::string, int> codes;
  for (const auto& volume : report.rejected) ++codes[volume.rejection.code];
  for (const auto& [code, count] : codes) std::cout << "  " << code << " " << count << "\n";
  std::cout << "report " << output << "/report.json\n";
  if (!report.accepted.empty()) {
    std::cout << "dataset " << output << " " << report.dataset_sha256 << "\n";
  }
}

std::atomic<int> caught_signal = 0;

// The first Ctrl-C ends the ingestion after the volumes at hand, and the same command goes on
// there; the second kills. What nohup or a shell without job control has us ignore stays ignored.
void CatchSignals() {
  struct sigaction action {};
  action.sa_handler = [](int number) { caught_signal = number; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!IsSignalIgnored(number)) ::sigaction(number, &action, nullptr);
  }
}

// A dataset gets its name by renaming a folder, which goes over neither of these.
Status CheckOutput(std::string output) {
  while (output.size() > 1 && output.back() == '/') output.pop_back();
  struct stat own {};
  struct stat above {};
  if (::lstat(output.c_str(), &own) != 0) return OkStatus();
  if (S_ISLNK(own.st_mode)) {
    return FailedPreconditionError(output + " is a link; name the folder itself");
  }
  if (::stat(ParentPath(output).c_str(), &above) == 0 && own.st_dev != above.st_dev) {
    return FailedPreconditionError(output + " is where a disk is mounted; name a folder in it");
  }
  return OkStatus();
}

int Run(Arguments& arguments) {
  CatchSignals();
  arguments.options.stop = [] { return caught_signal != 0; };
  if (arguments.options.output.empty()) {
    return Fail(InvalidArgumentError("--output: a folder's name is needed"));
  }
  if (const Status status = CheckOutput(arguments.options.output); !status.ok()) {
    return Fail(status);
  }
  if (const Status status = ParseChoices(arguments); !status.ok()) return Fail(status);
  const auto stopped = [] { return caught_signal.load(); };
  if (const auto status = FetchInputs(arguments.pacs, arguments.json, stopped, arguments.options)) {
    return *status;
  }
  const SystemClock clock;
  const bool is_terminal = IsTerminal();
  // Folders of what was fetched are called by UIDs, which are nothing for the logs of a cluster.
  const bool by_path = is_terminal || arguments.pacs.address.empty();
  ProgressLine line(clock, is_terminal,
                    [](const std::string& text) { std::cerr << text << std::flush; });
  arguments.options.progress = [&](const auto& progress) { line.Show(progress); };
  const auto report =
      data_loader::Ingest(PosixFileSystem(), arguments.options,
                          [&](const auto& event) { line.Print(EventText(event, by_path)); });
  line.Finish();
  if (report.status().code() == StatusCode::kCancelled) {
    (void)Fail(report.status());
    return 128 + caught_signal;
  }
  if (!report.ok()) return Fail(report.status());
  RemoveFetched(arguments.pacs, arguments.options);
  if (arguments.json) {
    std::cout << data_loader::ToJson(*report);
  } else {
    PrintSummary(*report, arguments.options.output);
  }
  return report->accepted.empty() ? kNothingAccepted : kDone;
}

}  // namespace

void AddIngestCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<Arguments>();
  IngestOptions& options = arguments->options;
  CLI::App* command = app.add_subcommand("ingest", "make a dataset of DICOM and NIfTI images");
  command->add_option("--input", options.inputs, "folders (searched recursively) or files")
      ->type_name("DIR...");
  command->add_option("--output", options.output, "the dataset's folder; must not be there yet")
      ->required()
      ->type_name("DATASET");
  command
      ->add_option("--add", options.add,
                   "a dataset whose volumes come first in the new one, as they are; its shards are "
                   "shared, and what it has already is left out")
      ->type_name("DATASET");
  command
      ->add_option("--labels", options.labels,
                   "folder of NIfTI label maps, paired by file stem (a DICOM series: its folder)")
      ->type_name("DIR");
  command
      ->add_option("--spacing", arguments->spacing,
                   "mm between voxels, or native to resample nothing")
      ->type_name("Z,Y,X|native")
      ->capture_default_str();
  command
      ->add_option(
          "--window", arguments->window,
          "intensities that become 0 and 1. ct: -1024 to 1024 HU; mr: percentiles 0.5 to "
          "99.5 of the voxels that are not 0; minmax. Default: ct for CT, mr for the rest; "
          "NIfTI names no modality and counts as CT when a voxel is below -500")
      ->type_name("ct|mr|minmax|LO,HI");
  command
      ->add_option("--crop", arguments->crop,
                   "body: leave out the air and the table around it; 10 mm and every labelled "
                   "voxel are kept")
      ->check(CLI::IsMember({"none", "body"}))
      ->type_name("none|body")
      ->capture_default_str();
  command
      ->add_option("--volumes-per-shard", options.volumes_per_shard,
                   "a shard is what a worker is dealt at once")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--threads", arguments->threads,
                   "volumes read at once. Default: the processors that this process may use")
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--memory", arguments->memory,
                   "for the volumes read at once; a larger volume is read alone. Bytes, or with a "
                   "unit, 8GiB. Default: half of what is available")
      ->transform(ByteSize())
      ->type_name("BYTES");
  command->add_flag("--ignore-space", options.ignore_space,
                    "begin even where the disk seems too small for the dataset");
  command->add_option("--classes", options.classes, "lines of stem,class; classes from 0")
      ->type_name("FILE.csv");
  AddPacsOptions(*command, arguments->pacs);
  command->add_flag("--json", arguments->json, "print the report as JSON");
  command->final_callback(
      [arguments, &action] { action = [arguments] { return Run(*arguments); }; });
}

}  // namespace gvsl::cli::dataset
