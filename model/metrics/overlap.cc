#include "model/metrics/overlap.h"

#include <string>

#include "common/text.h"

namespace gvsl::model {
namespace {

constexpr double kReleasedEpsilon = 1e-6;

std::optional<double> Mean(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

Status CheckClasses(std::span<const std::int32_t> labels, std::int32_t classes,
                    const std::string& name) {
  for (const std::int32_t label : labels) {
    if (label >= 0 && label < classes) continue;
    return InvalidArgumentError(Concat(name, " has label ", label, ", of ", classes, " classes"));
  }
  return OkStatus();
}

}  // namespace

// Equal voxels stand in runs: a run costs one look into the map.
std::map<std::int32_t, LabelOverlap> CountOverlap(std::span<const std::int32_t> prediction,
                                                  std::span<const std::int32_t> truth) {
  std::map<std::int32_t, LabelOverlap> overlaps;
  std::size_t begin = 0;
  while (begin < truth.size()) {
    const std::int32_t predicted = prediction[begin];
    const std::int32_t actual = truth[begin];
    std::size_t end = begin + 1;
    while (end < truth.size() && prediction[end] == predicted && truth[end] == actual) ++end;
    const auto run = static_cast<std::int64_t>(end - begin);
    if (predicted != 0) overlaps[predicted].prediction += run;
    if (actual != 0) overlaps[actual].truth += run;
    if (actual != 0 && predicted == actual) overlaps[actual].both += run;
    begin = end;
  }
  return overlaps;
}

double Dice(const LabelOverlap& overlap) {
  return 2.0 * static_cast<double>(overlap.both) /
         (static_cast<double>(overlap.prediction + overlap.truth) + kReleasedEpsilon);
}

StatusOr<ForegroundDice> MeasureForegroundDice(std::span<const std::int32_t> prediction,
                                               std::span<const std::int32_t> truth,
                                               std::int32_t classes) {
  if (classes < 1) return InvalidArgumentError(Concat(classes, " classes: at least 1"));
  if (prediction.size() != truth.size()) {
    return InvalidArgumentError(
        Concat("the prediction has ", prediction.size(), " voxels, the truth ", truth.size()));
  }
  GVSL_RETURN_IF_ERROR(CheckClasses(prediction, classes, "the prediction"));
  GVSL_RETURN_IF_ERROR(CheckClasses(truth, classes, "the truth"));
  ForegroundDice dice(static_cast<std::size_t>(classes) - 1);
  for (const auto& [label, overlap] : CountOverlap(prediction, truth)) {
    dice[static_cast<std::size_t>(label) - 1] = Dice(overlap);
  }
  return dice;
}

std::optional<double> MeanDice(const ForegroundDice& dice) {
  std::vector<double> present;
  for (const std::optional<double>& value : dice) {
    if (value) present.push_back(*value);
  }
  return Mean(present);
}

std::optional<double> MeanDiceOfTrueLabels(std::span<const std::int32_t> prediction,
                                           std::span<const std::int32_t> truth) {
  std::vector<double> of_true_labels;
  for (const auto& [label, overlap] : CountOverlap(prediction, truth)) {
    if (overlap.truth > 0) of_true_labels.push_back(Dice(overlap));
  }
  return Mean(of_true_labels);
}

}  // namespace gvsl::model
