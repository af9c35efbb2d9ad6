#include "cli/dataset/histogram_chart.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace gvsl::cli::dataset {
namespace {

constexpr int kBarWidth = 4;
constexpr int kHeight = 60;

}  // namespace

std::string HistogramChart(const data_loader::IntensityHistogram& histogram, bool axis) {
  const auto most = static_cast<double>(*std::max_element(histogram.begin(), histogram.end()));
  if (most == 0) return "";
  const auto width = static_cast<int>(histogram.size()) * kBarWidth;
  std::ostringstream out;
  out << "<svg class=\"bars\" viewBox=\"0 0 " << width << " " << kHeight + (axis ? 14 : 0)
      << "\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><path d=\"M0 " << kHeight;
  for (const std::uint64_t count : histogram) {
    const double share = std::sqrt(static_cast<double>(count) / most);
    out << "V" << kHeight - std::lround(share * (kHeight - 2)) << "h" << kBarWidth;
  }
  out << "V" << kHeight << "z\"/>";
  if (axis) {
    out << "<text x=\"0\" y=\"" << kHeight + 12 << "\">0</text><text x=\"" << width << "\" y=\""
        << kHeight + 12 << "\" text-anchor=\"end\">1</text>";
  }
  out << "</svg>";
  return out.str();
}

}  // namespace gvsl::cli::dataset
