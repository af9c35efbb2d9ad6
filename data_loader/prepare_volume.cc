#include "data_loader/prepare_volume.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "common/text.h"
#include "data_loader/body_crop.h"
#include "data_loader/orientation.h"
#include "data_loader/resample.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {

namespace {

std::optional<double> ParseLength(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ptr != end) return std::nullopt;
  if (!(value >= 1e-3 && value <= 1e3)) return std::nullopt;
  return value;
}

std::vector<float> WithoutPadding(const RawVolume& raw) {
  std::vector<float> voxels;
  for (std::size_t i = 0; i < raw.voxels.size(); ++i) {
    if (!raw.padding[i]) voxels.push_back(raw.voxels[i]);
  }
  return voxels;
}

OrRejection<IntensityWindow> WindowOf(const RawVolume& raw, const std::string& modality,
                                      const std::optional<WindowChoice>& choice) {
  if (raw.padding.empty()) return ChooseWindow(choice, modality, raw.voxels);
  return ChooseWindow(choice, modality, WithoutPadding(raw));
}

void FillPadding(RawVolume& raw, double value) {
  for (std::size_t i = 0; i < raw.padding.size(); ++i) {
    if (raw.padding[i]) raw.voxels[i] = static_cast<float>(value);
  }
}

}  // namespace

std::string ToText(const PrepareOptions& options) {
  std::ostringstream text;
  text.precision(17);
  text << "spacing";
  for (const double length : options.spacing.value_or(std::array<double, 3>{})) {
    text << " " << length;
  }
  if (options.window) {
    text << " window " << options.window->name;
    for (const double end : options.window->range.value_or(std::array<double, 2>{})) {
      text << " " << end;
    }
  }
  if (options.body_margin) text << " crop body " << *options.body_margin;
  return std::move(text).str();
}

StatusOr<std::optional<std::array<double, 3>>> ParseSpacing(const std::string& text) {
  if (text == "native") return std::optional<std::array<double, 3>>();
  std::vector<double> lengths;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto length = ParseLength(part);
    if (!length) lengths.resize(4);
    lengths.push_back(length.value_or(0));
  }
  if (lengths.size() == 1) lengths.assign(3, lengths[0]);
  if (lengths.size() != 3 || text.ends_with(",")) {
    return InvalidArgumentError(
        Concat("spacing \"", text, "\" is neither native nor Z,Y,X in mm from 0.001 to 1000"));
  }
  return std::optional<std::array<double, 3>>({lengths[0], lengths[1], lengths[2]});
}

OrRejection<NewVolume> PrepareVolume(RawVolume raw, const PrepareOptions& options) {
  NewVolume volume;
  volume.modality = KnownModality(raw.modality, raw.voxels);
  OrRejection<IntensityWindow> chosen = WindowOf(raw, volume.modality, options.window);
  if (const auto* rejection = std::get_if<Rejection>(&chosen)) return *rejection;
  const IntensityWindow& window = std::get<IntensityWindow>(chosen);
  FillPadding(raw, window.range[0]);

  Image image = ToRas(raw);
  raw.voxels = {};
  if (options.spacing) {
    const Grid grid = ResampledGrid(image.grid, *options.spacing);
    if (Rejection found = CheckGrid(grid.size, grid.to_ras); !found.code.empty()) {
      found.reason += "; choose another spacing";
      return found;
    }
    image = Resample(image, *options.spacing);
  }
  if (options.body_margin) volume.body = FindBody(image, volume.modality, *options.body_margin);
  ApplyWindow(window, image.voxels);
  if (std::all_of(image.voxels.begin(), image.voxels.end(),
                  [&](float voxel) { return voxel == image.voxels.front(); })) {
    return Rejection{"CONSTANT",
                     "all its voxels have one value after window and resampling; choose others"};
  }
  volume.grid = image.grid;
  volume.voxels = std::move(image.voxels);
  volume.window = window.name;
  volume.window_range = window.range;
  volume.subject_key = std::move(raw.subject_key);
  return volume;
}

}  // namespace gvsl::data_loader
