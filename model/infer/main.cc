// gvsl-infer: what a trained network says about a scan.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "common/version.h"
#include "data_loader/prepare_volume.h"
#include "model/infer/infer_command.h"
#include "model/memory.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

struct Arguments {
  gvsl::model::InferOptions options;
  std::string window;
  bool json = false;
  int threads = 0;
};

void AddOptions(CLI::App& app, Arguments& arguments) {
  gvsl::model::InferOptions& options = arguments.options;
  app.set_version_flag("--version", "gvsl-infer " + std::string(gvsl::kVersion));
  app.add_option(
         "--checkpoint", options.checkpoint,
         "a checkpoint (.../step-000000500), or a job's checkpoint directory: its best or newest")
      ->required();
  app.add_option("--input", options.input,
                 "the scan: a NIfTI file or the folder of a DICOM series; to register, the moving "
                 "one")
      ->required();
  app.add_option("--output", options.output,
                 "NIfTI to write: labels on the scan's own grid; to register, the moving scan on "
                 "the fixed one's");
  app.add_option("--fixed", options.fixed, "to register: the scan that --input is laid over");
  app.add_option("--field", options.field,
                 "to register: NIfTI to write, the displacement in mm as ITK reads it");
  app.add_option("--window", arguments.window,
                 "ct, mr, minmax or LO,HI; else what the network was trained with");
  app.add_option("--spacing", options.spacing,
                 "Z,Y,X in mm or native; else what the network was trained with")
      ->check([](const std::string& text) {
        const auto spacing = gvsl::data_loader::ParseSpacing(text);
        return spacing.ok() ? "" : spacing.status().message();
      });
  app.add_option("--device", options.device, "cpu or cuda:N")->capture_default_str();
  app.add_option("--threads", arguments.threads, "0: as many as there are cores")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--json", arguments.json, "print one JSON object");
}

int Run(const Arguments& arguments) {
  const auto report = gvsl::model::Infer(gvsl::PosixFileSystem(), arguments.options);
  if (!report.ok()) {
    std::cerr << "gvsl-infer: " << report.status() << "\n";
    return report.status().code() == gvsl::StatusCode::kInvalidArgument ? kWrongUsage : kFailed;
  }
  for (const std::string& warning : report->warnings) {
    std::cerr << "gvsl-infer: warning: " << warning << "\n";
  }
  std::cout << (arguments.json ? ToJson(*report) + "\n" : ToText(*report));
  if (std::cout << std::flush) return 0;
  std::cerr << "gvsl-infer: cannot write to standard output\n";
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Uses a trained network on one scan, for what its job was trained: labels each voxel "
      "(segment), gives a probability (classify), or lays the scan over another (register).");
  AddOptions(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  if (!arguments.window.empty()) {
    const auto window = gvsl::data_loader::ParseWindow(arguments.window);
    if (!window.ok()) {
      std::cerr << "--window: " << window.status().message() << "\n";
      return kWrongUsage;
    }
    arguments.options.window = *window;
  }
  gvsl::model::KeepFreedMemory();
  try {
    if (arguments.threads > 0) at::set_num_threads(arguments.threads);
    return Run(arguments);
  } catch (const std::exception& error) {
    std::cerr << "gvsl-infer: " << error.what() << "\n";
    return kFailed;
  }
}
