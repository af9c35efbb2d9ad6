#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/dataset/commands.h"
#include "cli/dataset/terminal.h"
#include "common/text.h"
#include "data_loader/inspect.h"

namespace gvsl::cli::dataset {
namespace {

using data_loader::DatasetSummary;
using Json = nlohmann::json;

int Verify(const std::string& directory) {
  const auto damaged = data_loader::VerifyDataset(PosixFileSystem(), directory);
  if (!damaged.ok()) return Fail(damaged.status());
  for (const auto& [file, reason] : *damaged) {
    std::cerr << "damaged   " << file << ": " << reason << "\n";
  }
  if (!damaged->empty()) return kFailed;
  std::cout << directory << " is whole\n";
  return kDone;
}

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
                 {"labelled", volume.label_sha256.has_value()},
                 {"label_voxels", ByValue(volume.label_voxels)},
                 {"class", nullptr},
                 {"source", volume.source}};
    if (volume.class_index) json["class"] = *volume.class_index;
    volumes.push_back(std::move(json));
  }
  return volumes;
}

void PrintJson(const DatasetSummary& summary) {
  const Json json = {{"sha256", summary.manifest.sha256},
                     {"volumes", summary.manifest.volumes.size()},
                     {"subjects", summary.subjects},
                     {"labelled", summary.labelled},
                     {"shards", summary.manifest.shards.size()},
                     {"bytes", summary.bytes},
                     {"smallest_size", summary.smallest_size},
                     {"largest_size", summary.manifest.LargestSize()},
                     {"spacings", summary.spacings},
                     {"modalities", summary.modalities},
                     {"windows", summary.windows},
                     {"classes", ByValue(summary.classes)},
                     {"labels", ByValue(summary.labels)},
                     {"rejected", summary.rejected},
                     {"volume_list", VolumesJson(summary)}};
  std::cout << json.dump(1) << "\n";
}

template <typename Key>
void PrintCounts(std::string_view name, const std::map<Key, std::uint64_t>& counts) {
  if (counts.empty()) return;
  std::vector<std::string> parts;
  for (const auto& [key, count] : counts) parts.push_back(Concat(key, " (", count, ")"));
  std::cout << name << Join(parts, ", ") << "\n";
}

std::string Size(const std::array<std::int64_t, 3>& size) {
  return Concat(size[0], "x", size[1], "x", size[2]);
}

void PrintText(const DatasetSummary& summary) {
  const auto& manifest = summary.manifest;
  std::cout << "sha256      " << manifest.sha256 << "\n"
            << "volumes     " << manifest.volumes.size() << " of " << summary.subjects
            << " subjects, " << summary.labelled << " labelled\n"
            << "shards      " << manifest.shards.size() << ", " << summary.bytes << " bytes\n"
            << "sizes       " << Size(summary.smallest_size) << " to "
            << Size(manifest.LargestSize()) << " voxels (z, y, x)\n";
  PrintCounts("spacings    ", summary.spacings);
  PrintCounts("modalities  ", summary.modalities);
  PrintCounts("windows     ", summary.windows);
  PrintCounts("classes     ", summary.classes);
  PrintCounts("labels      ", summary.labels);
  PrintCounts("rejected    ", summary.rejected);
  for (const auto& volume : manifest.volumes) {
    std::cout << volume.id << "  shard " << volume.shard << "  subject " << volume.subject << "  "
              << Size(volume.grid.size) << "  " << volume.window << " " << volume.window_range[0]
              << " to " << volume.window_range[1] << (volume.label_sha256 ? "  labelled" : "")
              << "\n";
  }
}

int Show(const std::string& directory, bool json) {
  const auto summary = data_loader::SummarizeDataset(PosixFileSystem(), directory);
  if (!summary.ok()) return Fail(summary.status());
  json ? PrintJson(*summary) : PrintText(*summary);
  return kDone;
}

struct ExportArguments {
  std::string directory, id, output, label_output;
};

int Export(const ExportArguments& arguments) {
  const Status status =
      data_loader::ExportVolume(PosixFileSystem(), arguments.directory, arguments.id,
                                arguments.output, arguments.label_output);
  return status.ok() ? kDone : Fail(status);
}

CLI::Option* AddDirectory(CLI::App& command, std::string& directory) {
  return command.add_option("DATASET", directory, "the dataset's folder")->required();
}

}  // namespace

void AddVerifyCommand(CLI::App& app, Action& action) {
  auto directory = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("verify", "compare every hash; name what is damaged");
  AddDirectory(*command, *directory);
  command->final_callback(
      [directory, &action] { action = [directory] { return Verify(*directory); }; });
}

void AddShowCommand(CLI::App& app, Action& action) {
  auto directory = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("show", "say what is in a dataset");
  AddDirectory(*command, *directory);
  command->add_flag("--json", *json, "print as JSON");
  command->final_callback([=, &action] { action = [=] { return Show(*directory, *json); }; });
}

void AddExportCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = app.add_subcommand("export", "write one volume as NIfTI, values 0 to 1");
  AddDirectory(*command, arguments->directory);
  command->add_option("VOLUME", arguments->id, "its id, as show prints it")->required();
  command->add_option("OUT.nii.gz", arguments->output, "the image's file")->required();
  command->add_option("--labels", arguments->label_output, "where to write its label map")
      ->type_name("OUT.nii.gz");
  command->final_callback(
      [arguments, &action] { action = [arguments] { return Export(*arguments); }; });
}

}  // namespace gvsl::cli::dataset
