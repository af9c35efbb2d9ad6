#include "model/tasks/task.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <utility>

namespace gvsl::model {

Task::Task(const MethodOptions& options, NamedTensors trained, NamedTensors fixed, const Look& look)
    : options_(options),
      trained_(std::move(trained)),
      fixed_(std::move(fixed)),
      look_(look),
      record_(options.steps, options.task.evaluate_every, trained_) {
  for (auto& [name, tensor] : fixed_) tensor.requires_grad_(false);
}

std::vector<Survey> Task::SurveysAt(std::uint64_t step) const {
  if (!record_.IsDue(step)) return {};
  std::vector<Survey> surveys = {{Part::kValidation, look_.view, look_.validation_floats, false}};
  if (step == options_.steps && options_.task.tested) {
    surveys.push_back({Part::kTest, look_.view, look_.result_floats, true});
  }
  return surveys;
}

at::Tensor Task::Describe(const Survey& survey, const LabelledVolume& volume,
                          const LabelledVolume* partner, const GoesOn& goes_on) {
  const at::NoGradGuard no_graph;
  const auto measure = [&] { return Measure(survey, volume, partner, goes_on); };
  return survey.last ? record_.WithBest(measure) : measure();
}

std::vector<std::string> Task::TakeDescriptions(std::uint64_t step, const Survey& survey,
                                                const at::Tensor& descriptions,
                                                const GoesOn& /*goes_on*/) {
  if (survey.last) {
    result_ = ResultOf(descriptions);
  } else {
    record_.Take(step, ScoreOf(descriptions));
  }
  return {};
}

Curve Task::Validation() const { return record_.ToCurve(ScoreName()); }

std::optional<double> MeanOfColumn(const at::Tensor& measured, std::int64_t column) {
  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < measured.size(0); ++row) {
    const float value = measured[row][column].item<float>();
    if (value == kNothing) continue;
    sum += value;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

PartedWeights PartByPrefix(const NamedTensors& weights, const std::string& prefix) {
  PartedWeights parts;
  for (const auto& one : weights) {
    (one.first.starts_with(prefix) ? parts.with : parts.without).push_back(one);
  }
  return parts;
}

at::Tensor PlacesOf(const std::vector<PairSample>& samples) {
  std::vector<std::int64_t> places;
  for (const PairSample& sample : samples) {
    places.push_back(sample.volume);
    places.insert(places.end(), sample.origin.begin(), sample.origin.end());
  }
  return at::tensor(places).view({-1, 4});
}

at::Tensor BatchOfVolumes(const std::vector<PairSample>& samples, at::Device device) {
  std::vector<at::Tensor> volumes;
  for (const PairSample& sample : samples) volumes.push_back(sample.a);
  return at::stack(volumes).to(device);
}

}  // namespace gvsl::model
