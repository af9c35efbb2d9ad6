#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/dataset/commands.h"
#include "cli/dataset/terminal.h"
#include "common/text.h"
#include "data_loader/dataset_summary.h"
#include "data_loader/volume_scan.h"

namespace gvsl::cli::dataset {
namespace {

using data_loader::DatasetSummary;
using data_loader::IntensityGroup;
using Json = nlohmann::json;

constexpr std::size_t kBars = 16;
constexpr std::size_t kBarLength = 40;  // characters
constexpr std::size_t kMostNamed = 6;   // of sizes and spacings

struct Arguments {
  std::string directory;
  bool json = false;
  bool histograms = false;
};

Json ByValue(const std::map<std::int32_t, std::uint64_t>& counts) {
  Json json = Json::object();
  for (const auto& [value, count] : counts) json[Concat(value)] = count;
  return json;
}

Json VolumesJson(const DatasetSummary& summary) {
  Json volumes = Json::array();
  for (const auto& volume : summary.manifest.volumes) {
    Json json = {{"id", volume.id},
                 {"shard", volume.shard},
                 {"subject", volume.subject},
                 {"size", volume.grid.size},
                 {"spacing", volume.grid.spacing},
                 {"modality", volume.modality},
                 {"window", volume.window},
                 {"window_range", volume.window_range},
                 {"cut", nullptr},
                 {"labelled", volume.label_sha256.has_value()},
                 {"label_voxels", ByValue(volume.label_voxels)},
                 {"class", nullptr},
                 {"source", volume.source}};
    if (volume.class_index) json["class"] = *volume.class_index;
    if (volume.cut) json["cut"] = {{"first", volume.cut->first}, {"whole", volume.cut->whole}};
    volumes.push_back(std::move(json));
  }
  return volumes;
}

Json IntensitiesJson(const DatasetSummary& summary) {
  Json groups = Json::array();
  for (const IntensityGroup& group : summary.intensities) {
    groups.push_back({{"modality", group.modality},
                      {"window", group.window},
                      {"volumes", group.volumes},
                      {"uncounted_volumes", group.uncounted},
                      {"histogram", group.histogram}});
  }
  return groups;
}

void PrintJson(const DatasetSummary& summary) {
  const Json json = {{"sha256", summary.manifest.sha256},
                     {"volumes", summary.manifest.volumes.size()},
                     {"subjects", summary.subjects},
                     {"labelled", summary.labelled},
                     {"shards", summary.manifest.shards.size()},
                     {"bytes", summary.bytes},
                     {"smallest_size", summary.size.least},
                     {"median_size", summary.size.median},
                     {"largest_size", summary.size.greatest},
                     {"sizes", summary.sizes},
                     {"smallest_spacing", summary.spacing.least},
                     {"median_spacing", summary.spacing.median},
                     {"largest_spacing", summary.spacing.greatest},
                     {"spacings", summary.spacings},
                     {"modalities", summary.modalities},
                     {"windows", summary.windows},
                     {"classes", ByValue(summary.classes)},
                     {"labels", ByValue(summary.labels)},
                     {"intensities", IntensitiesJson(summary)},
                     {"rejected", summary.rejected},
                     {"warnings", summary.warnings},
                     {"report_problem", summary.report_problem},
                     {"volume_list", VolumesJson(summary)}};
  std::cout << json.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
}

template <typename Counts>
void PrintCounts(std::string_view name, const Counts& counts, std::size_t most = 1000) {
  if (counts.empty()) return;
  std::vector<std::string> parts;
  for (const auto& [key, count] : counts) {
    if (parts.size() == most) break;
    parts.push_back(Concat(key, " (", count, ")"));
  }
  if (counts.size() > most) parts.push_back(Concat("and ", counts.size() - most, " more"));
  std::cout << name << Printable(Join(parts, ", ")) << "\n";
}

template <typename T>
std::string Times(const std::array<T, 3>& values) {
  return Concat(values[0], "x", values[1], "x", values[2]);
}

template <typename T>
void PrintDistribution(std::string_view name, const data_loader::Distribution<T>& found,
                       const std::map<std::string, std::uint64_t>& counts, const char* unit) {
  std::cout << name << Times(found.least) << " to " << Times(found.greatest) << ", median "
            << Times(found.median) << " " << unit << " (z, y, x)\n";
  PrintCounts("            ", data_loader::Commonest(counts), kMostNamed);
}

// One line for four bins of the histogram.
void PrintBars(const data_loader::IntensityHistogram& histogram) {
  const auto total = static_cast<double>(data_loader::CountOf(histogram));
  const std::size_t bins = histogram.size() / kBars;
  std::array<double, kBars> shares{};
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    shares[i / bins] += static_cast<double>(histogram[i]) / total;
  }
  const double most = *std::max_element(shares.begin(), shares.end());
  for (std::size_t bar = 0; bar < kBars; ++bar) {
    const auto length = static_cast<std::size_t>(shares[bar] / most * kBarLength + 0.5);
    std::cout << "  " << std::fixed << std::setprecision(4)
              << static_cast<double>(bar) / static_cast<double>(kBars) << std::setw(7)
              << std::setprecision(1) << 100 * shares[bar] << " %" << (length > 0 ? " " : "")
              << std::string(length, '#') << "\n"
              << std::defaultfloat << std::setprecision(6);
  }
}

void PrintIntensities(const DatasetSummary& summary) {
  for (const IntensityGroup& group : summary.intensities) {
    const std::uint64_t counted = group.volumes - group.uncounted;
    std::cout << "intensities " << Printable(group.modality) << ", window "
              << Printable(group.window) << ": ";
    if (counted > 0) {
      std::cout << "voxels of " << Plural(counted, "volume") << " from each value up\n";
      PrintBars(group.histogram);
    }
    if (group.uncounted > 0) {
      std::cout << (counted > 0 ? "  " : "") << Plural(group.uncounted, "volume")
                << " not counted; --histograms reads the shards and counts\n";
    }
  }
}

void PrintText(const DatasetSummary& summary) {
  const auto& manifest = summary.manifest;
  std::cout << "sha256      " << manifest.sha256 << "\n"
            << "volumes     " << manifest.volumes.size() << " of " << summary.subjects
            << " subjects, " << summary.labelled << " labelled\n"
            << "shards      " << manifest.shards.size() << ", " << summary.bytes << " bytes\n";
  PrintDistribution("sizes       ", summary.size, summary.sizes, "voxels");
  PrintDistribution("spacings    ", summary.spacing, summary.spacings, "mm");
  PrintCounts("modalities  ", summary.modalities);
  PrintCounts("windows     ", summary.windows);
  PrintCounts("classes     ", summary.classes);
  PrintCounts("labels      ", summary.labels);
  PrintCounts("rejected    ", summary.rejected);
  PrintCounts("warnings    ", summary.warnings);
  if (!summary.report_problem.empty()) {
    std::cout << "rejected    not known: " << summary.report_problem << "\n";
  }
  PrintIntensities(summary);
  for (const auto& volume : manifest.volumes) {
    std::cout << volume.id << "  shard " << volume.shard << "  subject " << volume.subject << "  "
              << Times(volume.grid.size) << "  " << volume.window << " " << volume.window_range[0]
              << " to " << volume.window_range[1] << (volume.label_sha256 ? "  labelled" : "")
              << (volume.cut ? "  cropped from " + Times(volume.cut->whole) : "") << "\n";
  }
}

StatusOr<DatasetSummary> Summarize(const Arguments& arguments) {
  FileSystem& files = PosixFileSystem();
  if (!arguments.histograms) return data_loader::SummarizeDataset(files, arguments.directory);
  GVSL_ASSIGN_OR_RETURN(const auto dataset, data_loader::Dataset::Open(files, arguments.directory,
                                                                       {.keep_shards = false}));
  data_loader::DatasetManifest manifest = dataset->manifest();
  GVSL_RETURN_IF_ERROR(data_loader::CompleteHistograms(*dataset, manifest));
  return data_loader::Summarize(files, arguments.directory, std::move(manifest));
}

int Show(const Arguments& arguments) {
  const auto summary = Summarize(arguments);
  if (!summary.ok()) return Fail(summary.status());
  arguments.json ? PrintJson(*summary) : PrintText(*summary);
  const auto& groups = summary->intensities;
  const bool whole = std::all_of(groups.begin(), groups.end(),
                                 [](const auto& group) { return group.uncounted == 0; });
  if (!arguments.histograms || whole) return kDone;
  return Fail(
      DataLossError("some volumes could not be read; gvsl-dataset verify names the shards"));
}

}  // namespace

void AddShowCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("show", "say what is in a dataset");
  command->add_option("DATASET", arguments->directory, "the dataset's folder")->required();
  command->add_flag("--json", arguments->json, "print as JSON");
  command->add_flag("--histograms", arguments->histograms,
                    "count intensities of volumes that an earlier version ingested, from the "
                    "shards; later ones carry them");
  command->final_callback(
      [arguments, &action] { action = [arguments] { return Show(*arguments); }; });
}

}  // namespace gvsl::cli::dataset
