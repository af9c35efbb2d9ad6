#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

#include "cli/core/aside_file.h"
#include "cli/dataset/commands.h"
#include "cli/dataset/report_page.h"
#include "cli/dataset/terminal.h"
#include "common/text.h"
#include "data_loader/report_reader.h"
#include "data_loader/volume_scan.h"

namespace gvsl::cli::dataset {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string directory;
  std::string output;
  bool sources = false;
};

using Append = std::function<Status(const std::string&)>;

struct Damage {
  std::set<std::uint32_t> shards;
  std::size_t volumes = 0;
};

// The dataset's folder never changes.
Status CheckOutput(const Arguments& arguments) {
  std::error_code error;
  fs::path dataset = fs::weakly_canonical(fs::absolute(arguments.directory), error);
  if (dataset.filename().empty()) dataset = dataset.parent_path();
  const fs::path output = fs::weakly_canonical(fs::absolute(arguments.output), error);
  for (fs::path above = output; above != above.parent_path(); above = above.parent_path()) {
    if (above == dataset) {
      return InvalidArgumentError("--output: a dataset is never changed; choose another folder");
    }
  }
  return OkStatus();
}

StatusOr<Damage> WritePage(const Arguments& arguments, const Append& append) {
  FileSystem& files = PosixFileSystem();
  GVSL_ASSIGN_OR_RETURN(const auto dataset, data_loader::Dataset::Open(files, arguments.directory,
                                                                       {.keep_shards = false}));
  data_loader::DatasetManifest counted = dataset->manifest();
  GVSL_RETURN_IF_ERROR(data_loader::CompleteHistograms(*dataset, counted));
  const data_loader::DatasetSummary summary =
      data_loader::Summarize(files, arguments.directory, std::move(counted));
  Sources sources;
  if (arguments.sources) {
    GVSL_ASSIGN_OR_RETURN(data_loader::KnownSources known,
                          data_loader::ReadSources(files, arguments.directory));
    sources = std::move(known.paths);
  }
  const auto suspicions = data_loader::JudgeVolumes(summary.manifest, summary.report);
  const auto places = data_loader::RankBySuspicion(suspicions);
  GVSL_RETURN_IF_ERROR(append(PageHead(summary, suspicions, sources)));

  Damage damage;
  const auto& volumes = summary.manifest.volumes;
  GVSL_RETURN_IF_ERROR(
      data_loader::ScanVolumes(*dataset, [&](std::uint32_t index, const auto& view) -> Status {
        if (!view.ok()) {
          ++damage.volumes;
          if (damage.shards.insert(volumes[index].shard).second) (void)Fail(view.status());
        }
        GVSL_ASSIGN_OR_RETURN(
            const std::string card,
            VolumeCard({volumes[index], suspicions[index], index, places[index], sources}, view));
        return append(card);
      }));
  std::vector<std::string> shards;
  for (const std::uint32_t shard : damage.shards) {
    shards.push_back(summary.manifest.shards[shard].file);
  }
  GVSL_RETURN_IF_ERROR(append(PageFoot(shards, damage.volumes)));
  return damage;
}

StatusOr<Damage> WriteToFile(const Arguments& arguments) {
  GVSL_RETURN_IF_ERROR(CheckOutput(arguments));
  if (arguments.sources) ::umask(077);  // as sources.json
  GVSL_ASSIGN_OR_RETURN(AsideFile file, AsideFile::Create(PosixFileSystem(), arguments.output));
  GVSL_ASSIGN_OR_RETURN(
      const Damage damage,
      WritePage(arguments, [&file](const std::string& piece) { return file.Append(piece); }));
  GVSL_ASSIGN_OR_RETURN([[maybe_unused]] const std::uint64_t bytes, file.Publish());
  return damage;
}

StatusOr<Damage> WriteToStandardOutput(const Arguments& arguments) {
  if (::isatty(STDOUT_FILENO) != 0) {
    return InvalidArgumentError("a page is no text for a terminal: give --output FILE.html");
  }
  return WritePage(arguments, [](const std::string& piece) {
    std::cout << piece;
    return std::cout ? OkStatus() : InternalError("cannot write to standard output");
  });
}

int Report(const Arguments& arguments) {
  const auto damage =
      arguments.output.empty() ? WriteToStandardOutput(arguments) : WriteToFile(arguments);
  if (!damage.ok()) return Fail(damage.status());
  if (arguments.sources) {
    std::cerr << "gvsl-dataset: the page names the paths of its sources: keep it to yourself\n";
  }
  if (damage->volumes == 0) return kDone;
  std::cerr << "gvsl-dataset: " << Plural(damage->volumes, "volume") << " of "
            << Plural(damage->shards.size(), "shard")
            << " could not be read; the page says which\n";
  return kFailed;
}

}  // namespace

void AddReportCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "report",
      "one HTML page with counts, histograms, rejections and a thumbnail of each volume, the most "
      "suspicious first; exits with 1 when a shard is damaged");
  command->add_option("DATASET", arguments->directory, "the dataset's folder")->required();
  command
      ->add_option("--output", arguments->output,
                   "the page, outside the dataset's folder; standard output where that is no "
                   "terminal")
      ->type_name("FILE.html");
  command->add_flag("--sources", arguments->sources,
                    "name sources by their paths, which only the owner of the dataset can read: "
                    "such a page is not for others");
  command->final_callback(
      [arguments, &action] { action = [arguments] { return Report(*arguments); }; });
}

}  // namespace gvsl::cli::dataset
