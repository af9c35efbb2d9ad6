// Times random crops from a dataset, as a trainer takes them: memory-mapped shards, verified when
// first touched, one new buffer a crop.
//   gvsl-bench-crops DATASET [--patch N] [--crops N] [--seed N]
// Standard output carries one JSON object: seconds of the processor and of the clock a crop, and
// what opening took.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/freed_memory.h"
#include "common/philox.h"
#include "common/status.h"
#include "data_loader/crop.h"
#include "data_loader/dataset.h"

namespace gvsl::data_loader {
namespace {

struct BenchOptions {
  std::string dataset;
  std::map<std::string, std::int64_t> numbers = {{"--patch", 96}, {"--crops", 2000}, {"--seed", 1}};
};

bool Parse(int argc, char** argv, BenchOptions& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (options.numbers.contains(word)) {
      if (++i == argc || std::atoll(argv[i]) < 1) return false;
      options.numbers[word] = std::atoll(argv[i]);
    } else if (options.dataset.empty() && !word.starts_with("-")) {
      options.dataset = word;
    } else {
      return false;
    }
  }
  return !options.dataset.empty();
}

// Wall and processor seconds since some moment.
struct Mark {
  double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
};

nlohmann::json Between(const Mark& begin, const Mark& end, double count) {
  return {{"seconds", (end.wall - begin.wall) / count},
          {"cpu_seconds", (end.cpu - begin.cpu) / count}};
}

StatusOr<nlohmann::json> Measure(const BenchOptions& options) {
  const std::int64_t edge = options.numbers.at("--patch");
  const std::array<std::int64_t, 3> patch = {edge, edge, edge};
  const auto voxels = static_cast<std::size_t>(edge * edge * edge);
  const auto seed = static_cast<std::uint64_t>(options.numbers.at("--seed"));
  const auto crops = static_cast<std::uint64_t>(options.numbers.at("--crops"));
  const Mark begin;
  GVSL_ASSIGN_OR_RETURN(const auto dataset, Dataset::Open(PosixFileSystem(), options.dataset));
  const auto volumes = static_cast<std::uint32_t>(dataset->manifest().volumes.size());
  double sum = 0;  // of voxels all over: every page has been read, and no copy can be left out
  for (std::uint32_t i = 0; i < volumes; ++i) {
    GVSL_ASSIGN_OR_RETURN(const VolumeView view, dataset->Volume(i));
    for (std::size_t at = 0; at < view.voxels.size(); at += 512) sum += view.voxels[at];
  }
  const Mark open;
  for (std::uint64_t step = 0; step < crops; ++step) {
    Philox philox(seed, DrawPurpose::kPairing, step, 0);
    GVSL_ASSIGN_OR_RETURN(const VolumeView view, dataset->Volume(philox.NextBelow(volumes)));
    const CropPair crop = DrawCrop(seed, step, 0, 0, view.size, view.size, patch);
    const auto out = std::make_unique_for_overwrite<float[]>(voxels);
    CopyCrop(view, crop.a, patch, {out.get(), voxels});
    sum += out[voxels / 2];
  }
  const Mark end;
  return nlohmann::json{{"volumes", volumes},
                        {"crops", crops},
                        {"patch", edge},
                        {"open", Between(begin, open, 1)},
                        {"crop", Between(open, end, static_cast<double>(crops))},
                        {"sum", sum}};
}

}  // namespace
}  // namespace gvsl::data_loader

int main(int argc, char** argv) {
  gvsl::data_loader::BenchOptions options;
  if (!gvsl::data_loader::Parse(argc, argv, options)) {
    std::cerr << "usage: gvsl-bench-crops DATASET [--patch N] [--crops N] [--seed N]\n";
    return 2;
  }
  gvsl::KeepFreedMemory();
  const auto figures = gvsl::data_loader::Measure(options);
  if (!figures.ok()) {
    std::cerr << "gvsl-bench-crops: " << figures.status() << "\n";
    return 1;
  }
  std::cout << figures->dump() << std::endl;
  return 0;
}
