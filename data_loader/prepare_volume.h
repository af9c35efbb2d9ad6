// From a volume as its file has it to one as a dataset has it: oriented, resampled, windowed. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "data_loader/dataset_writer.h"
#include "data_loader/intensity_window.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

struct PrepareOptions {
  // z, y, x in mm; nothing keeps each volume's own grid. 1 mm is what the paper trains at.
  std::optional<std::array<double, 3>> spacing = {{1, 1, 1}};
  // Nothing: ct for CT, mr for the rest.
  std::optional<WindowChoice> window;
  // mm kept around the body (body_crop.h). Nothing: none is looked for.
  std::optional<double> body_margin;
};

// All of it, in words that are the same for the same options alone.
std::string ToText(const PrepareOptions& options);

// "1.5,1.5,3" or "native" or one number for all three; INVALID_ARGUMENT otherwise.
StatusOr<std::optional<std::array<double, 3>>> ParseSpacing(const std::string& text);

// Nothing is cropped here, for labels come later: `body` says to what it may be. The window follows
// from the voxels before they are resampled, without padding, which then has the window's lowest
// value. CONSTANT, before or after the window; TOO_LARGE or INVALID_GEOMETRY when the new grid goes
// beyond volume_limits.h.
OrRejection<NewVolume> PrepareVolume(RawVolume raw, const PrepareOptions& options);

}  // namespace gvsl::data_loader
