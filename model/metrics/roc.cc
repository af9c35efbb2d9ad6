#include "model/metrics/roc.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "common/text.h"

namespace gvsl::model {
namespace {

constexpr double kNormalQuantile975 = 1.959963984540054;

Status Check(std::span<const double> scores, std::span<const std::uint8_t> labels) {
  if (scores.size() != labels.size()) {
    return InvalidArgumentError(Concat(scores.size(), " scores and ", labels.size(), " labels"));
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i])) {
      return InvalidArgumentError(Concat("case ", i, " has score ", scores[i]));
    }
    if (labels[i] > 1) {
      return InvalidArgumentError(
          Concat("case ", i, " has label ", static_cast<int>(labels[i]), ", not 0 or 1"));
    }
  }
  return OkStatus();
}

// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> Midranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  std::size_t begin = 0;
  while (begin < order.size()) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) {
      ranks[order[i]] = static_cast<double>(begin + 1 + end) / 2;
    }
    begin = end;
  }
  return ranks;
}

// For each of `own` the share of `others` below it, equals counting one half: its rank among all
// less that among its own.
std::vector<double> Placements(const std::vector<double>& own, const std::vector<double>& others) {
  std::vector<double> all = own;
  all.insert(all.end(), others.begin(), others.end());
  const std::vector<double> among_all = Midranks(all);
  std::vector<double> placements = Midranks(own);
  for (std::size_t i = 0; i < own.size(); ++i) {
    placements[i] = (among_all[i] - placements[i]) / static_cast<double>(others.size());
  }
  return placements;
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double VarianceOfMean(const std::vector<double>& values) {
  const double mean = Mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto count = static_cast<double>(values.size());
  return squares / (count - 1) / count;
}

}  // namespace

StatusOr<RocArea> MeasureRocArea(std::span<const double> scores,
                                 std::span<const std::uint8_t> labels) {
  GVSL_RETURN_IF_ERROR(Check(scores, labels));
  std::vector<double> positives, negatives;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    (labels[i] == 1 ? positives : negatives).push_back(scores[i]);
  }
  if (positives.empty() || negatives.empty()) {
    return FailedPreconditionError(
        Concat("no ROC curve without ", positives.empty() ? "positive" : "negative", " cases"));
  }
  const std::vector<double> of_positives = Placements(positives, negatives);
  const std::vector<double> of_negatives = Placements(negatives, positives);
  RocArea area{Mean(of_positives), std::nullopt};
  if (positives.size() < 2 || negatives.size() < 2) return area;
  const double margin =
      kNormalQuantile975 * std::sqrt(VarianceOfMean(of_positives) + VarianceOfMean(of_negatives));
  area.confidence95 = {std::max(0.0, area.auc - margin), std::min(1.0, area.auc + margin)};
  return area;
}

}  // namespace gvsl::model
