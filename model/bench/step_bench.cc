// Times one training step of GVSL by phase:
//   gvsl-bench-step [--size N] [--width W] [--batch B] [--threads T] [--steps S] [--warmup S]
//   [--cuda N] [--json]      --cuda: on that GPU, with what `strict` sets there; TF32 with --fast 1
// Standard output carries the table, or with --json one JSON object.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/optim/adam.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/memory.h"
#include "model/method.h"

namespace gvsl::model {
namespace {

struct BenchOptions {
  std::map<std::string, std::int64_t> numbers = {{"--size", 64},   {"--width", 32}, {"--batch", 1},
                                                 {"--threads", 1}, {"--steps", 5},  {"--warmup", 1},
                                                 {"--cuda", -1},   {"--fast", 0}};
  bool json = false;
  std::int64_t operator[](const std::string& name) const { return numbers.at(name); }
  at::Device device() const {
    if (numbers.at("--cuda") < 0) return at::kCPU;
    return {at::kCUDA, static_cast<c10::DeviceIndex>(numbers.at("--cuda"))};
  }
};

// What the trainer sets (worker/trainer/numerics.h) for a GPU.
void SetUpGpu(at::Device device, bool fast) {
  c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(!fast, false);
  context.setDeterministicFillUninitializedMemory(false);
  context.setBenchmarkCuDNN(fast);
  context.setAllowTF32CuDNN(fast);
  context.setAllowTF32CuBLAS(fast);
}

void Synchronize(at::Device device) {
  if (device.is_cuda()) {
    c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
  }
}

const std::vector<std::string> kPhases = {"augment", "forward", "backward", "update", "total"};

bool Parse(int argc, char** argv, BenchOptions& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--json") {
      options.json = true;
      continue;
    }
    if (!options.numbers.contains(name) || ++i == argc) return false;
    options.numbers[name] = std::atoll(argv[i]);
    const bool may_be_zero = name == "--warmup" || name == "--cuda" || name == "--fast";
    if (options.numbers[name] < (may_be_zero ? 0 : 1)) return false;
  }
  return true;
}

// A smooth pattern in [0, 1].
at::Tensor Pattern(std::int64_t n, double pitch) {
  const at::Tensor wave = (at::arange(n, at::kFloat) * pitch).sin();
  return ((wave.view({1, n, 1, 1}) + wave.view({1, 1, n, 1}) + wave.view({1, 1, 1, n})) / 6 + 0.5)
      .contiguous();
}

std::vector<PairSample> Samples(const BenchOptions& options, std::int64_t step) {
  std::vector<PairSample> samples;
  for (std::int64_t item = 0; item < options["--batch"]; ++item) {
    samples.push_back({Pattern(options["--size"], 0.21),
                       Pattern(options["--size"], 0.19),
                       {1, static_cast<std::uint64_t>(step), 0, static_cast<std::uint32_t>(item)}});
  }
  return samples;
}

using Seconds = std::map<std::string, std::vector<double>>;

struct Timings {
  Seconds wall;
  Seconds cpu;  // processor time of the whole process: the one to trust on a busy machine
};

// Wall and processor seconds since some moment.
struct Mark {
  double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  double cpu = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
};

void Record(const std::string& phase, const Mark& begin, const Mark& end, Timings& timings) {
  timings.wall[phase].push_back(end.wall - begin.wall);
  timings.cpu[phase].push_back(end.cpu - begin.cpu);
}

void RunStep(Method& method, torch::optim::Adam& adam, const std::vector<PairSample>& samples,
             at::Device device, Timings& timings) {
  std::vector<Mark> marks;
  const auto mark = [&marks, device] {
    Synchronize(device);
    marks.emplace_back();
  };
  mark();
  const Inputs inputs = method.Augment(samples);
  mark();
  const Outcome outcome = method.Forward(inputs);
  mark();
  outcome.loss.backward();
  mark();
  adam.step();
  adam.zero_grad(/*set_to_none=*/false);
  mark();
  for (std::size_t k = 0; k + 1 < marks.size(); ++k) {
    Record(kPhases[k], marks[k], marks[k + 1], timings);
  }
  Record("total", marks.front(), marks.back(), timings);
}

Timings Measure(const BenchOptions& options) {
  MethodOptions method_options;
  method_options.width = options["--width"];
  method_options.device = options.device();
  if (options.device().is_cuda()) SetUpGpu(options.device(), options["--fast"] > 0);
  auto method = MakeMethod(method_options);
  if (!method.ok()) {
    std::cerr << "gvsl-bench-step: " << method.status() << "\n";
    std::exit(1);
  }
  std::vector<at::Tensor> parameters;
  for (const auto& [name, parameter] : (*method)->NamedParameters())
    parameters.push_back(parameter);
  torch::optim::Adam adam(parameters, torch::optim::AdamOptions(1e-4));
  Timings timings;
  for (std::int64_t step = 0; step < options["--warmup"] + options["--steps"]; ++step) {
    if (step == options["--warmup"]) timings = {};
    RunStep(**method, adam, Samples(options, step), options.device(), timings);
  }
  return timings;
}

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

Spread SpreadOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return {(values[(n - 1) / 2] + values[n / 2]) / 2, values.front(), values.back()};
}

nlohmann::json ToJson(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

void PrintJson(const BenchOptions& options, const Timings& timings) {
  nlohmann::json json = {{"threads", options["--threads"]},
                         {"size", options["--size"]},
                         {"width", options["--width"]},
                         {"batch", options["--batch"]},
                         {"steps", options["--steps"]}};
  for (const std::string& phase : kPhases) {
    json["seconds"][phase] = ToJson(SpreadOf(timings.wall.at(phase)));
    json["cpu_seconds"][phase] = ToJson(SpreadOf(timings.cpu.at(phase)));
  }
  std::cout << json.dump() << std::endl;
}

void PrintTable(const Timings& timings) {
  std::printf("%-10s %10s %10s %10s %12s\n", "phase", "median s", "min s", "max s", "median CPU s");
  for (const std::string& phase : kPhases) {
    const Spread wall = SpreadOf(timings.wall.at(phase));
    std::printf("%-10s %10.4f %10.4f %10.4f %12.4f\n", phase.c_str(), wall.median, wall.min,
                wall.max, SpreadOf(timings.cpu.at(phase)).median);
  }
}

}  // namespace
}  // namespace gvsl::model

int main(int argc, char** argv) {
  gvsl::model::BenchOptions options;
  const bool asks = argc == 2 && std::string(argv[1]) == "--help";
  if (asks || !gvsl::model::Parse(argc, argv, options)) {
    (asks ? std::cout : std::cerr)
        << "usage: gvsl-bench-step [--size N] [--width W] [--batch B] [--threads T] "
           "[--steps S] [--warmup S] [--cuda N] [--fast 0|1] [--json]\n";
    return asks ? 0 : 2;
  }
  gvsl::model::KeepFreedMemory();
  at::set_num_threads(static_cast<int>(options["--threads"]));
  const gvsl::model::Timings timings = gvsl::model::Measure(options);
  if (options.json) {
    gvsl::model::PrintJson(options, timings);
  } else {
    gvsl::model::PrintTable(timings);
  }
  return 0;
}
