// Lines over an axis of steps, as SVG that stands in a page by itself. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gvsl::cli {

struct ChartLine {
  std::string name;
  std::vector<std::pair<double, double>> points;  // ascending in x
};

// An <svg> element with axes, a grid, and each line in its colour, named at its end. Values that
// are not finite are left out. Empty without a point.
std::string LineChart(const std::string& y_name, const std::vector<ChartLine>& lines);

// The colour of the n-th line, as CSS writes it; the same in every chart.
std::string LineColour(std::size_t index);

}  // namespace gvsl::cli
