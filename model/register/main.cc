// gvsl-register: how well a trained network aligns a dataset's volumes.
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "common/version.h"
#include "model/memory.h"
#include "model/register/register_command.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int Run(const gvsl::model::RegisterOptions& options, bool json) {
  const auto pairs = gvsl::model::RegisterPairs(gvsl::PosixFileSystem(), options);
  if (!pairs.ok()) {
    std::cerr << "gvsl-register: " << pairs.status() << "\n";
    return kFailed;
  }
  std::cout << (json ? gvsl::model::ToJson(*pairs) + "\n" : gvsl::model::ToTable(*pairs));
  if (!json && options.output) std::cout << "pictures: " << *options.output << "\n";
  if (std::cout << std::flush) return 0;
  std::cerr << "gvsl-register: cannot write to standard output\n";
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  gvsl::model::RegisterOptions options;
  std::string numerics = "strict";
  bool json = false;
  int threads = 0;
  CLI::App app(
      "Aligns seeded pairs of a dataset with trained GVSL weights and prints how well they match "
      "before and after: local correlation (NCC), and the Dice overlap (DSC) of known labels.");
  app.set_version_flag("--version", "gvsl-register " + std::string(gvsl::kVersion));
  app.add_option("--weights", options.weights,
                 "model.safetensors of a checkpoint, exported weights, or a .pth of torch.save")
      ->required();
  app.add_option("--dataset", options.dataset, "dataset directory")->required();
  app.add_option("--pairs", options.pairs, "pairs of different subjects")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the draw of pairs")->capture_default_str();
  app.add_option("--numerics", numerics,
                 "strict; or reference, for weights that the released code trained: volumes are "
                 "read as it reads them")
      ->check(CLI::IsMember({"strict", "reference"}))
      ->capture_default_str();
  app.add_option("--output", options.output,
                 "directory for one PNG a pair: fixed, moving, warped, deformation grid, "
                 "differences before and after");
  app.add_flag("--json", json, "print one JSON object");
  app.add_option("--threads", threads, "0: as many as there are cores")
      ->check(CLI::NonNegativeNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  if (numerics == "reference") options.geometry = gvsl::model::Geometry::kReleased;
  gvsl::model::KeepFreedMemory();
  try {
    if (threads > 0) at::set_num_threads(threads);
    return Run(options, json);
  } catch (const std::exception& error) {
    std::cerr << "gvsl-register: " << error.what() << "\n";
    return kFailed;
  }
}
