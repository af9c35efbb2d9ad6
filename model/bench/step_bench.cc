// Times one training step of GVSL by phase:
//   gvsl-bench-step [--size N] [--width W] [--batch B] [--threads T] [--steps S] [--warmup S]
//   [--json]
// Standard output carries the table, or with --json one JSON object; seconds of wall time.
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <torch/optim/adam.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
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
  std::map<std::string, std::int64_t> numbers = {{"--size", 64}, {"--width", 32},
                                                 {"--batch", 1}, {"--threads", 1},
                                                 {"--steps", 5}, {"--warmup", 1}};
  bool json = false;
  std::int64_t operator[](const std::string& name) const { return numbers.at(name); }
};

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
    if (options.numbers[name] < (name == "--warmup" ? 0 : 1)) return false;
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

void RunStep(Method& method, torch::optim::Adam& adam, const std::vector<PairSample>& samples,
             Seconds& seconds) {
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> marks = {Clock::now()};
  const Inputs inputs = method.Augment(samples);
  marks.push_back(Clock::now());
  const Outcome outcome = method.Forward(inputs);
  marks.push_back(Clock::now());
  outcome.loss.backward();
  marks.push_back(Clock::now());
  adam.step();
  adam.zero_grad(/*set_to_none=*/false);
  marks.push_back(Clock::now());
  for (std::size_t k = 0; k + 1 < marks.size(); ++k) {
    seconds[kPhases[k]].push_back(std::chrono::duration<double>(marks[k + 1] - marks[k]).count());
  }
  seconds["total"].push_back(std::chrono::duration<double>(marks.back() - marks.front()).count());
}

Seconds Measure(const BenchOptions& options) {
  MethodOptions method_options;
  method_options.width = options["--width"];
  auto method = MakeMethod(method_options);
  if (!method.ok()) {
    std::cerr << "gvsl-bench-step: " << method.status() << "\n";
    std::exit(1);
  }
  std::vector<at::Tensor> parameters;
  for (const auto& [name, parameter] : (*method)->NamedParameters())
    parameters.push_back(parameter);
  torch::optim::Adam adam(parameters, torch::optim::AdamOptions(1e-4));
  Seconds seconds;
  for (std::int64_t step = 0; step < options["--warmup"] + options["--steps"]; ++step) {
    if (step == options["--warmup"]) seconds.clear();
    RunStep(**method, adam, Samples(options, step), seconds);
  }
  return seconds;
}

void Print(const BenchOptions& options, Seconds seconds) {
  nlohmann::json json = {{"threads", options["--threads"]},
                         {"size", options["--size"]},
                         {"width", options["--width"]},
                         {"batch", options["--batch"]},
                         {"steps", options["--steps"]}};
  if (!options.json) std::printf("%-10s %10s %10s %10s\n", "phase", "median s", "min s", "max s");
  for (const std::string& phase : kPhases) {
    std::vector<double>& values = seconds[phase];
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    const double median = (values[(n - 1) / 2] + values[n / 2]) / 2;
    json["seconds"][phase] = {{"median", median}, {"min", values.front()}, {"max", values.back()}};
    if (!options.json) {
      std::printf("%-10s %10.4f %10.4f %10.4f\n", phase.c_str(), median, values.front(),
                  values.back());
    }
  }
  if (options.json) std::cout << json.dump() << std::endl;
}

}  // namespace
}  // namespace gvsl::model

int main(int argc, char** argv) {
  gvsl::model::BenchOptions options;
  if (!gvsl::model::Parse(argc, argv, options)) {
    std::cerr << "usage: gvsl-bench-step [--size N] [--width W] [--batch B] [--threads T] "
                 "[--steps S] [--warmup S] [--json]\n";
    return 2;
  }
  gvsl::model::KeepFreedMemory();
  at::set_num_threads(static_cast<int>(options["--threads"]));
  gvsl::model::Print(options, gvsl::model::Measure(options));
  return 0;
}
