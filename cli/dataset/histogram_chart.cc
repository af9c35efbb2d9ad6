#include "cli/dataset/histogram_chart.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace gvsl::cli::dataset {
namespace {

constexpr int kBarWidth = 4;
constexpr int kHeight = 60;

}  // namespace

std::string HistogramChart(const data_loader::IntensityHistogram& histogram) {
  const auto most = static_cast<double>(*std::max_element(histogram.begin(), histogram.end()));
  if (most == 0) return "";
  const auto width = static_cast<int>(histogram.size()) * kBarWidth;
  std::ostringstream out;
  out << "<svg class=\"bars\" viewBox=\"0 0 " << width << " " << kHeight
      << "\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"M0 " << kHeight;
  for (const std::uint64_t count : histogram) {
    const double share = std::sqrt(static_cast<double>(count) / most);
    out << "V" << kHeight - std::lround(share * (kHeight - 2)) << "h" << kBarWidth;
  }
  out << "V" << kHeight << "z\"/></svg>";
  return out.str();
}

}  // namespace gvsl::cli::dataset
