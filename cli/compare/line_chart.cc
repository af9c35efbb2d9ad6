#include "cli/compare/line_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <limits>
#include <optional>
#include <sstream>

#include "cli/render/html.h"

namespace gvsl::cli {
namespace {

constexpr double kWidth = 640, kHeight = 320;
constexpr double kLeft = 56, kRight = 150, kTop = 14, kBottom = 40;
constexpr double kNameHeight = 14;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void Include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double Share(double value) const { return (value - low) / (high - low); }
};

// 1, 2 or 5 times a power of ten, so that there are about five of them.
double Tick(double span) {
  const double power = std::pow(10, std::floor(std::log10(span / 5)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (span / (factor * power) <= 6) return factor * power;
  }
  return 10 * power;
}

// Widened to whole ticks.
Range Rounded(Range range) {
  // So close that no tick could tell them apart.
  if (range.high - range.low <= 1e-9 * std::max(1.0, std::abs(range.high)))
    return {range.low - 0.5, range.high + 0.5};
  const double tick = Tick(range.high - range.low);
  return {std::floor(range.low / tick) * tick, std::ceil(range.high / tick) * tick};
}

struct Frame {
  Range x, y;
  double X(double value) const { return kLeft + x.Share(value) * (kWidth - kLeft - kRight); }
  double Y(double value) const {
    return kHeight - kBottom - y.Share(value) * (kHeight - kTop - kBottom);
  }
};

std::optional<Frame> FrameOf(const std::vector<ChartLine>& lines) {
  Frame frame;
  bool any = false;
  for (const ChartLine& line : lines) {
    for (const auto& [x, y] : line.points) {
      frame.x.Include(x);
      frame.y.Include(y);
      any = true;
    }
  }
  if (!any) return std::nullopt;
  frame.x.Include(0);
  frame.x = frame.x.high > 0 ? frame.x : Rounded(frame.x);
  frame.y = Rounded(frame.y);
  return frame;
}

std::vector<ChartLine> Finite(std::vector<ChartLine> lines) {
  for (ChartLine& line : lines) {
    std::erase_if(line.points, [](const auto& point) {
      return !std::isfinite(point.first) || !std::isfinite(point.second);
    });
  }
  return lines;
}

std::string Label(double value, double tick) {
  std::ostringstream text;
  const int digits = std::clamp(static_cast<int>(std::ceil(-std::log10(tick))), 0, 6);
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

void DrawAxes(const Frame& frame, const std::string& y_name, std::ostream& out) {
  const double bottom = kHeight - kBottom, right = kWidth - kRight;
  const double y_tick = Tick(frame.y.high - frame.y.low);
  for (double y = frame.y.low; y <= frame.y.high + y_tick / 2; y += y_tick) {
    out << "<line class=\"grid\" x1=\"" << kLeft << "\" x2=\"" << right << "\" y1=\"" << frame.Y(y)
        << "\" y2=\"" << frame.Y(y) << "\"/><text text-anchor=\"end\" x=\"" << kLeft - 6
        << "\" y=\"" << frame.Y(y) + 4 << "\">" << Label(y, y_tick) << "</text>\n";
  }
  const double x_tick = Tick(frame.x.high - frame.x.low);
  for (double x = std::ceil(frame.x.low / x_tick) * x_tick; x <= frame.x.high; x += x_tick) {
    out << "<text text-anchor=\"middle\" x=\"" << frame.X(x) << "\" y=\"" << bottom + 16 << "\">"
        << Label(x, x_tick) << "</text>\n";
  }
  out << "<line class=\"axis\" x1=\"" << kLeft << "\" x2=\"" << right << "\" y1=\"" << bottom
      << "\" y2=\"" << bottom << "\"/>\n<text text-anchor=\"middle\" x=\"" << (kLeft + right) / 2
      << "\" y=\"" << kHeight - 6
      << "\">step</text>\n<text text-anchor=\"middle\" transform=\"rotate(-90 12 " << kHeight / 2
      << ")\" x=\"12\" y=\"" << kHeight / 2 << "\">" << Escaped(y_name) << "</text>\n";
}

// Names at the lines' ends, moved apart where they would lie on each other; by line.
std::vector<double> NamePlaces(const Frame& frame, const std::vector<ChartLine>& lines) {
  std::vector<std::pair<double, std::size_t>> wanted;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].points.empty()) {
      wanted.emplace_back(frame.Y(lines[i].points.back().second), i);
    }
  }
  std::ranges::sort(wanted);
  std::vector<double> places(lines.size(), kTop);
  double next = kTop;
  for (const auto& [y, line] : wanted) {
    places[line] = std::max(y, next);
    next = places[line] + kNameHeight;
  }
  const double over = next - kNameHeight - (kHeight - kBottom);
  for (double& place : places) place -= std::max(0.0, over);
  return places;
}

}  // namespace

std::string LineColour(std::size_t index) {
  // Okabe and Ito's, told apart by most people, then darker ones.
  constexpr std::array kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9",
                                   "#e69f00", "#000000", "#7f7f7f", "#8c564b", "#5e3c99",
                                   "#a6761d", "#1b9e77", "#e7298a", "#66a61e", "#4575b4"};
  return kColours[index % kColours.size()];
}

std::string LineChart(const std::string& y_name, const std::vector<ChartLine>& given) {
  const std::vector<ChartLine> lines = Finite(given);
  const std::optional<Frame> frame = FrameOf(lines);
  if (!frame) return "";
  std::ostringstream out;
  out << std::fixed << std::setprecision(1);
  out << "<svg viewBox=\"0 0 " << kWidth << " " << kHeight << "\" role=\"img\">\n";
  DrawAxes(*frame, y_name, out);
  const std::vector<double> places = NamePlaces(*frame, lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].points.empty()) continue;
    out << "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" << LineColour(i)
        << "\" points=\"";
    for (const auto& [x, y] : lines[i].points) {
      out << frame->X(x) << "," << frame->Y(y) << " ";
    }
    out << "\"/><text fill=\"" << LineColour(i) << "\" x=\"" << kWidth - kRight + 6 << "\" y=\""
        << places[i] + 4 << "\">" << Escaped(lines[i].name) << "</text>\n";
  }
  out << "</svg>\n";
  return out.str();
}

}  // namespace gvsl::cli
