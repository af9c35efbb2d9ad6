#include "model/intensity_curve.h"

#include <algorithm>

namespace gvsl::model {
namespace {

constexpr int kSamples = 100000;
constexpr int kBins = 1 << 14;

// At even parameters, ascending.
std::vector<double> SortedBezier(double p1, double p2) {
  std::vector<double> values(kSamples);
  for (int j = 0; j < kSamples; ++j) {
    const double t = static_cast<double>(j) / (kSamples - 1);
    const double s = 1 - t;
    values[j] = 3 * s * s * t * p1 + 3 * s * t * t * p2 + t * t * t;
  }
  if (!std::is_sorted(values.begin(), values.end())) std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

IntensityCurve::IntensityCurve(const std::array<double, 4>& points)
    : x_(SortedBezier(points[0], points[2])),
      y_(SortedBezier(points[1], points[3])),
      first_in_bin_(kBins + 1) {
  std::uint32_t sample = 0;
  for (int bin = 0; bin <= kBins; ++bin) {
    while (sample < x_.size() && x_[sample] < static_cast<double>(bin) / kBins) ++sample;
    first_in_bin_[bin] = sample;
  }
}

double IntensityCurve::At(double x) const {
  if (!(x > x_.front())) return y_.front();
  if (x >= x_.back()) return y_.back();
  const int bin = std::clamp(static_cast<int>(x * kBins), 0, kBins - 1);
  const auto begin = x_.begin() + first_in_bin_[bin];
  const auto end = x_.begin() + first_in_bin_[bin + 1];
  const auto above = std::max<std::ptrdiff_t>(std::upper_bound(begin, end, x) - x_.begin(), 1);
  const double width = x_[above] - x_[above - 1];
  const double share = width > 0 ? (x - x_[above - 1]) / width : 0;
  return y_[above - 1] + share * (y_[above] - y_[above - 1]);
}

}  // namespace gvsl::model
