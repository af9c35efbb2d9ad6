#include "data_loader/intensity_window.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

double Percentile(std::vector<float>& values, double percent) {
  const double rank = percent / 100 * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::ptrdiff_t>(std::floor(rank));
  std::nth_element(values.begin(), values.begin() + lower, values.end());
  const double low = values[lower];
  if (lower + 1 == static_cast<std::ptrdiff_t>(values.size())) return low;
  const double high = *std::min_element(values.begin() + lower + 1, values.end());
  return low + (high - low) * (rank - static_cast<double>(lower));
}

std::array<double, 2> LeastAndGreatest(std::span<const float> voxels) {
  const auto [least, greatest] = std::minmax_element(voxels.begin(), voxels.end());
  return {*least, *greatest};
}

std::array<double, 2> MrRange(std::span<const float> voxels) {
  std::vector<float> values;
  std::copy_if(voxels.begin(), voxels.end(), std::back_inserter(values),
               [](float value) { return value != 0; });
  const std::array<double, 2> range = {Percentile(values, 0.5), Percentile(values, 99.5)};
  return range[0] < range[1] ? range : LeastAndGreatest(voxels);
}

}  // namespace

StatusOr<WindowChoice> ParseWindow(const std::string& text) {
  if (text == "ct" || text == "mr" || text == "minmax") return WindowChoice{text, std::nullopt};
  if (const std::size_t comma = text.find(','); comma != std::string::npos) {
    const auto low = ParseNumber(std::string_view(text).substr(0, comma));
    const auto high = ParseNumber(std::string_view(text).substr(comma + 1));
    if (low && high && *low < *high && std::isfinite(*high - *low))
      return WindowChoice{text, std::array{*low, *high}};
  }
  return InvalidArgumentError(Concat("window \"", text, "\" is none of ct, mr, minmax or LO,HI"));
}

std::string KnownModality(const std::string& modality, std::span<const float> voxels) {
  if (modality == "CT" || modality == "MR") return modality;
  if (!modality.empty()) return "OT";
  return !voxels.empty() && LeastAndGreatest(voxels)[0] < -500 ? "CT" : "OT";
}

std::string WindowName(const std::optional<WindowChoice>& choice, const std::string& modality) {
  return choice ? choice->name : modality == "CT" ? "ct" : "mr";
}

OrRejection<IntensityWindow> ChooseWindow(const std::optional<WindowChoice>& choice,
                                          const std::string& modality,
                                          std::span<const float> voxels) {
  const auto [least, greatest] = voxels.empty() ? std::array{0.0, 0.0} : LeastAndGreatest(voxels);
  if (!(least < greatest)) {
    return Rejection{"CONSTANT", "all its voxels have one value: there is nothing in it"};
  }
  IntensityWindow window;
  window.name = WindowName(choice, modality);
  if (choice && choice->range) {
    window.range = *choice->range;
    return window;
  }
  if (window.name == "ct") {
    window.range = {-1024, 1024};
    return window;
  }
  window.range = window.name == "mr" ? MrRange(voxels) : std::array{least, greatest};
  return window;
}

void ApplyWindow(const IntensityWindow& window, std::vector<float>& voxels) {
  const double low = window.range[0], width = window.range[1] - window.range[0];
  for (float& voxel : voxels) {
    voxel = static_cast<float>(std::clamp((static_cast<double>(voxel) - low) / width, 0.0, 1.0));
  }
}

}  // namespace gvsl::data_loader
