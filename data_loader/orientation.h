// Turning volumes so that x runs to the right, y to the front, z up, by exchanging and flipping
// axes only: no voxel changes its value. Pure.
#pragma once

#include <array>
#include <vector>

#include "data_loader/dataset_manifest.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// A volume in RAS order. Oblique volumes keep their own axes, to_ras says how they lie.
struct Image {
  Grid grid;
  std::vector<float> voxels;
};

struct AxisOrder {
  std::array<int, 3> source{};    // the old axis (0 x, 1 y, 2 z) that becomes x, y, z
  std::array<bool, 3> flipped{};  // whether it is reversed
  bool operator==(const AxisOrder&) const = default;
};

// The order in which the axes lie closest to right, front, up.
AxisOrder ClosestToRas(const Affine& to_ras);

Image ToRas(const RawVolume& volume);

}  // namespace gvsl::data_loader
