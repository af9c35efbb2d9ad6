// Which intensities become 0 and 1. Pure.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

struct IntensityWindow {
  std::string name;               // ct, mr, minmax or "LO,HI"
  std::array<double, 2> range{};  // intensities mapped to 0 and 1
};

// What --window said: a name, or two numbers.
struct WindowChoice {
  std::string name;
  std::optional<std::array<double, 2>> range;
};
// INVALID_ARGUMENT names the known ones.
StatusOr<WindowChoice> ParseWindow(const std::string& text);

// CT for what says so; where a format has no modality, CT when a voxel is below -500, else OT. MR
// and others as they are; everything else is OT.
std::string KnownModality(const std::string& modality, std::span<const float> voxels);

// Of the window that a volume of this modality gets.
std::string WindowName(const std::optional<WindowChoice>& choice, const std::string& modality);

// `choice` unless empty: ct for CT, mr for the rest. ct is -1024 to 1024 HU; mr the percentiles 0.5
// and 99.5 (linear between ranks) of the voxels that are not 0; minmax the least and the greatest.
// CONSTANT when all voxels are equal, or there are none.
OrRejection<IntensityWindow> ChooseWindow(const std::optional<WindowChoice>& choice,
                                          const std::string& modality,
                                          std::span<const float> voxels);

// clamp((v - lo) / (hi - lo), 0, 1) in double.
void ApplyWindow(const IntensityWindow& window, std::vector<float>& voxels);

}  // namespace gvsl::data_loader
