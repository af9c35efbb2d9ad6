// gvsl-look: what a method has learned, as tensors for pictures.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "common/version.h"
#include "model/look/look_command.h"
#include "model/memory.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kMost = 1000000;

void AddOptions(CLI::App& app, gvsl::model::LookOptions& options) {
  app.set_version_flag("--version", "gvsl-look " + std::string(gvsl::kVersion));
  app.add_option("--checkpoint", options.checkpoint,
                 "a checkpoint (.../step-000000500), or a job's checkpoint directory")
      ->required();
  app.add_option("--dataset", options.dataset, "dataset directory, with label maps")->required();
  app.add_option("--output", options.output, "safetensors file to write")->required();
  app.add_option("--subjects", options.subjects, "of which voxels are drawn, a volume each")
      ->check(CLI::Range(1, kMost))
      ->capture_default_str();
  app.add_option("--voxels", options.voxels, "of each label of each volume")
      ->check(CLI::Range(1, kMost))
      ->capture_default_str();
  app.add_option("--pairs", options.pairs, "of different subjects, to look for partners")
      ->check(CLI::Range(1, kMost))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of all draws")->capture_default_str();
}

int Run(const gvsl::model::LookOptions& options) {
  const auto summary = gvsl::model::Look(gvsl::PosixFileSystem(), options);
  if (!summary.ok()) {
    std::cerr << "gvsl-look: " << summary.status() << "\n";
    return kFailed;
  }
  if (std::cout << ToText(*summary) << std::flush) return 0;
  std::cerr << "gvsl-look: cannot write to standard output\n";
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  gvsl::model::LookOptions options;
  int threads = 0;
  CLI::App app(
      "Looks into a backbone: features of voxels of known tissue, where it finds a point of one "
      "subject in another, and what a method that restores makes of a damaged volume.");
  AddOptions(app, options);
  app.add_option("--threads", threads, "0: as many as there are cores")
      ->check(CLI::NonNegativeNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  gvsl::model::KeepFreedMemory();
  try {
    if (threads > 0) at::set_num_threads(threads);
    return Run(options);
  } catch (const std::exception& error) {
    std::cerr << "gvsl-look: " << error.what() << "\n";
    return kFailed;
  }
}
