// How far the surfaces of one class lie from each other in two label maps.
//
// A surface voxel is one of the class with at least one of its six neighbours outside the class;
// outside the volume is outside the class. A voxel's distance is that of its centre to the nearest
// centre of the other map's surface. Every surface voxel counts once, whatever area it stands for.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/status.h"
#include "model/metrics/distance_transform.h"

namespace gvsl::model {

struct SurfaceDistance {
  // The greater of the two directed 95th percentiles, each interpolated linearly between ranks: as
  // MONAI and, weighted by area, DeepMind's surface-distance define HD95. MedPy's hd95 is the
  // percentile of both directions together, which is usually smaller.
  double hd95 = 0;  // mm
  // The sum of both directions' distances divided by the number of both surfaces' voxels: Heimann
  // et al., "Comparison and evaluation of methods for liver segmentation from CT datasets" (IEEE
  // TMI 2009). A mean of the two directed means weighs a small surface as much as a big one.
  double assd = 0;  // mm
};

// Of the voxels that carry `label` in two maps of `grid`; symmetric in the maps. Absent where one
// of them has none. INVALID_ARGUMENT where a map does not have the grid's number of voxels, or a
// spacing lies outside 1e-6 to 1e6 mm. Time and memory go with the box around the class. Pure
// function, safe from any thread.
StatusOr<std::optional<SurfaceDistance>> MeasureSurfaceDistance(
    std::span<const std::int32_t> prediction, std::span<const std::int32_t> truth,
    const VoxelGrid& grid, std::int32_t label);

}  // namespace gvsl::model
