#include "data_loader/outliers.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gvsl::data_loader {
namespace {

constexpr std::size_t kFewestToCompare = 8;

using Cumulated = std::array<double, kIntensityBins>;

Cumulated Cumulate(const IntensityHistogram& histogram) {
  Cumulated cumulated{};
  const auto total = static_cast<double>(std::max<std::uint64_t>(1, CountOf(histogram)));
  double sum = 0;
  for (std::size_t bin = 0; bin < kIntensityBins; ++bin) {
    sum += static_cast<double>(histogram[bin]);
    cumulated[bin] = sum / total;
  }
  return cumulated;
}

Cumulated MedianOf(const std::vector<Cumulated>& all) {
  Cumulated median{};
  for (std::size_t bin = 0; bin < kIntensityBins; ++bin) {
    std::vector<double> values;
    for (const Cumulated& one : all) values.push_back(one[bin]);
    median[bin] = Median(std::move(values));
  }
  return median;
}

}  // namespace

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<double> RobustDistances(const std::vector<double>& values, double floor) {
  std::vector<double> distances(values.size(), 0);
  if (values.size() < kFewestToCompare) return distances;
  const double median = Median(values);
  for (std::size_t i = 0; i < values.size(); ++i) distances[i] = std::abs(values[i] - median);
  const double deviation = std::max(1.4826 * Median(distances), floor);
  for (double& distance : distances) distance /= deviation;
  return distances;
}

std::vector<double> DistancesToMedian(const std::vector<IntensityHistogram>& histograms) {
  std::vector<Cumulated> all;
  for (const IntensityHistogram& histogram : histograms) all.push_back(Cumulate(histogram));
  std::vector<double> distances;
  if (all.empty()) return distances;
  const Cumulated median = MedianOf(all);
  for (const Cumulated& one : all) {
    double sum = 0;
    for (std::size_t bin = 0; bin < kIntensityBins; ++bin) sum += std::abs(one[bin] - median[bin]);
    distances.push_back(sum / kIntensityBins);
  }
  return distances;
}

}  // namespace gvsl::data_loader
