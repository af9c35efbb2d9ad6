// A volume as a small picture. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data_loader/dataset.h"

namespace gvsl::data_loader {

struct Thumbnail {
  int width = 0;
  int height = 0;
  int channels = 1;                  // 1 grey; 3 red, green, blue, where there are labels
  std::vector<std::uint8_t> pixels;  // rows from the top
};

// The middle slices side by side: axial (front up), coronal and sagittal (head up; front to the
// right). The patient's right is on the right of the first two. Each is `edge` pixels wide and
// high, in true proportions by `spacing` (mm; z, y, x), all three at one scale, on black. 0..1
// becomes black to white; labels are tinted by value, their borders drawn.
Thumbnail MakeThumbnail(const VolumeView& volume, const std::array<double, 3>& spacing, int edge);

}  // namespace gvsl::data_loader
