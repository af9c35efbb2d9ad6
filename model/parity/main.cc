// gvsl-parity: whether this build computes what the golden vectors of a folder say.
#include <ATen/Parallel.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "common/version.h"
#include "model/memory.h"
#include "model/parity/compare_folder.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr std::string_view kUsage =
    "Usage: gvsl-parity FOLDER [--json]\n"
    "Compares features, affine parameters, fields, losses, gradients, the weights after Adam "
    "steps\n"
    "and measures with the golden vectors of FOLDER (index.json, *.safetensors), rebuilt from its\n"
    "formulas. Tensors of FOLDER that it does not know are named on standard error.\n"
    "  --json      one object a quantity: case, quantity, deviation, bound\n"
    "  --version   prints the version\n"
    "Exit status: 0 all within their bounds, 1 not, 2 wrong usage.\n";

int Run(const std::string& folder, bool json) {
  using namespace gvsl::model;
  const auto comparison = CompareFolder(gvsl::PosixFileSystem(), folder);
  if (!comparison.ok()) {
    std::cerr << "gvsl-parity: " << comparison.status() << "\n";
    return kFailed;
  }
  for (const std::string& tensor : comparison->not_compared) {
    std::cerr << "gvsl-parity: not compared: " << tensor << "\n";
  }
  const Deviations& rows = comparison->rows;
  const auto missed =
      std::count_if(rows.begin(), rows.end(), [](const Deviation& row) { return !row.holds(); });
  std::cout << (json ? ToJsonLines(rows) : ToTable(rows)) << std::flush;
  if (!std::cout) {
    std::cerr << "gvsl-parity: cannot write to standard output\n";
    return kFailed;
  }
  if (missed == 0) return 0;
  std::cerr << "gvsl-parity: " << missed << " of " << rows.size()
            << " quantities missed their bounds\n";
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> folders;
  bool json = false;
  for (int k = 1; k < argc; ++k) {
    const std::string argument = argv[k];
    if (argument == "--help" || argument == "-h") {
      std::cout << kUsage;
      return 0;
    }
    if (argument == "--version") {
      std::cout << "gvsl-parity " << gvsl::kVersion << "\n";
      return 0;
    }
    if (argument == "--json") {
      json = true;
    } else {
      folders.push_back(argument);
    }
  }
  if (folders.size() != 1 || folders[0].starts_with("-")) {
    std::cerr << kUsage;
    return kWrongUsage;
  }
  gvsl::model::KeepFreedMemory();
  try {
    return Run(folders[0], json);
  } catch (const std::exception& error) {
    std::cerr << "gvsl-parity: " << error.what() << "\n";
    return kFailed;
  }
}
