#include <iostream>
#include <memory>

#include "cli/dataset/commands.h"
#include "cli/dataset/terminal.h"
#include "data_loader/convert.h"

namespace gvsl::cli::dataset {
namespace {

struct Arguments {
  std::string input;
  std::string output;
};

void PrintRejected(const data_loader::IngestEvent& event) {
  if (event.kind != data_loader::IngestEvent::Kind::kAccepted) PrintEvent(event);
}

int Run(const Arguments& arguments) {
  const auto written = data_loader::Convert(arguments.input, arguments.output, PrintRejected);
  if (!written.ok()) return Fail(written.status());
  for (const std::string& name : *written) std::cout << name << "\n";
  if (written->empty()) std::cerr << "gvsl-dataset: nothing was converted\n";
  return written->empty() ? kFailed : kDone;
}

}  // namespace

void AddConvertCommand(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "convert", "write images as NIfTI on their native grid, values scaled, nothing resampled");
  command->add_option("--input", arguments->input, "a DICOM series' folder, or a file")
      ->required()
      ->type_name("SERIES_DIR_OR_FILE");
  command->add_option("--output", arguments->output, "further volumes become OUT_2.nii and so on")
      ->required()
      ->type_name("OUT.nii[.gz]");
  command->final_callback(
      [arguments, &action] { action = [arguments] { return Run(*arguments); }; });
}

}  // namespace gvsl::cli::dataset
