#include <iostream>
#include <memory>

#include "cli/dataset/commands.h"
#include "cli/dataset/terminal.h"
#include "data_loader/inspect.h"

namespace gvsl::cli::dataset {
namespace {

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
