#include "model/metrics/surface_distance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/text.h"

namespace gvsl::model {
namespace {

using Index = std::array<std::int64_t, 3>;  // z, y, x
using LabelMap = std::span<const std::int32_t>;

Index IndexOf(std::int64_t voxel, const Index& size) {
  return {voxel / (size[1] * size[2]), voxel / size[2] % size[1], voxel % size[2]};
}

// By division, for a product could overflow.
bool HasVoxels(const Index& size, std::size_t count) {
  const auto voxels = static_cast<std::int64_t>(count);
  return size[0] > 0 && size[1] > 0 && size[2] > 0 && voxels % size[0] == 0 &&
         voxels / size[0] % size[1] == 0 && voxels / size[0] / size[1] == size[2];
}

Status CheckGrid(LabelMap prediction, LabelMap truth, const VoxelGrid& grid) {
  for (const LabelMap map : {prediction, truth}) {
    if (HasVoxels(grid.size, map.size())) continue;
    return InvalidArgumentError(Concat("a label map of ", map.size(), " voxels on a grid of ",
                                       grid.size[0], "x", grid.size[1], "x", grid.size[2]));
  }
  for (const double spacing : grid.spacing) {
    if (spacing >= 1e-6 && spacing <= 1e6) continue;
    return InvalidArgumentError(Concat("a spacing of ", spacing, " mm"));
  }
  return OkStatus();
}

struct Box {
  Index low{};
  Index high{};  // inclusive

  void Include(const Box& other) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], other.low[axis]);
      high[axis] = std::max(high[axis], other.high[axis]);
    }
  }
  Index Size() const { return {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}; }
};

std::optional<Box> BoxAround(LabelMap map, const Index& size, std::int32_t label) {
  std::optional<Box> box;
  for (std::size_t voxel = 0; voxel < map.size(); ++voxel) {
    if (map[voxel] != label) continue;
    const Index at = IndexOf(static_cast<std::int64_t>(voxel), size);
    if (!box) box = Box{at, at};
    box->Include({at, at});
  }
  return box;
}

Mask CutOut(LabelMap map, const Index& size, std::int32_t label, const Box& box) {
  Mask mask;
  for (std::int64_t z = box.low[0]; z <= box.high[0]; ++z) {
    for (std::int64_t y = box.low[1]; y <= box.high[1]; ++y) {
      const std::int64_t row = (z * size[1] + y) * size[2];
      for (std::int64_t x = box.low[2]; x <= box.high[2]; ++x) {
        mask.push_back(map[row + x] == label ? 1 : 0);
      }
    }
  }
  return mask;
}

Mask Surface(const Mask& mask, const Index& size) {
  const Index strides = {size[1] * size[2], size[2], 1};
  Mask surface(mask.size(), 0);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) continue;
    const auto voxel = static_cast<std::int64_t>(i);
    const Index at = IndexOf(voxel, size);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const bool enclosed = at[axis] > 0 && at[axis] + 1 < size[axis] &&
                            mask[voxel - strides[axis]] != 0 && mask[voxel + strides[axis]] != 0;
      if (!enclosed) surface[i] = 1;
    }
  }
  return surface;
}

// Ascending, in mm.
std::vector<double> DirectedDistances(const Mask& from, const Mask& to, const VoxelGrid& grid) {
  const std::vector<double> squared = SquaredDistances(to, grid);
  std::vector<double> distances;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != 0) distances.push_back(std::sqrt(squared[i]));
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

double Percentile95(const std::vector<double>& ascending) {
  const double rank = 0.95 * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return std::lerp(ascending[below], ascending[above], rank - static_cast<double>(below));
}

}  // namespace

// Nothing outside the box carries the label, so its edge is as good as the volume's.
StatusOr<std::optional<SurfaceDistance>> MeasureSurfaceDistance(LabelMap prediction, LabelMap truth,
                                                                const VoxelGrid& grid,
                                                                std::int32_t label) {
  GVSL_RETURN_IF_ERROR(CheckGrid(prediction, truth, grid));
  std::optional<SurfaceDistance> distance;
  std::optional<Box> box = BoxAround(prediction, grid.size, label);
  const std::optional<Box> truth_box = BoxAround(truth, grid.size, label);
  if (!box || !truth_box) return distance;
  box->Include(*truth_box);
  const VoxelGrid cut{box->Size(), grid.spacing};
  const Mask predicted = Surface(CutOut(prediction, grid.size, label, *box), cut.size);
  const Mask actual = Surface(CutOut(truth, grid.size, label, *box), cut.size);
  const std::vector<double> there = DirectedDistances(predicted, actual, cut);
  const std::vector<double> back = DirectedDistances(actual, predicted, cut);
  const double sum = std::accumulate(there.begin(), there.end(), 0.0) +
                     std::accumulate(back.begin(), back.end(), 0.0);
  distance.emplace();
  distance->hd95 = std::max(Percentile95(there), Percentile95(back));
  distance->assd = sum / static_cast<double>(there.size() + back.size());
  return distance;
}

}  // namespace gvsl::model
