#include "model/appearance.h"

#include <algorithm>
#include <vector>

#include "model/draw_between.h"
#include "model/intensity_curve.h"

namespace gvsl::model {
namespace {

constexpr int kShuffledBoxes = 5000;
constexpr int kPaintedBoxes = 30;
constexpr std::int64_t kMargin = 3;

struct Box {
  std::array<std::int64_t, 3> begin{};
  std::array<std::int64_t, 3> size{};
};

// Calls visit(index of the voxel) in memory order.
template <typename Visit>
void ForEachVoxel(const std::array<std::int64_t, 3>& size, const Box& box, Visit visit) {
  for (std::int64_t z = box.begin[0]; z < box.begin[0] + box.size[0]; ++z) {
    for (std::int64_t y = box.begin[1]; y < box.begin[1] + box.size[1]; ++y) {
      const std::int64_t row = (z * size[1] + y) * size[2];
      for (std::int64_t x = box.begin[2]; x < box.begin[2] + box.size[2]; ++x) visit(row + x);
    }
  }
}

}  // namespace

void ShuffleLocally(const MutableVolume& volume, Philox& draws) {
  Box box;
  for (int axis = 0; axis < 3; ++axis) box.size[axis] = volume.size[axis] / 20;
  const std::int64_t count = box.size[0] * box.size[1] * box.size[2];
  if (count == 0) return;
  const std::vector<float> before(volume.voxels.begin(), volume.voxels.end());
  std::vector<float> values;
  for (int k = 0; k < kShuffledBoxes; ++k) {
    for (int axis = 0; axis < 3; ++axis) {
      box.begin[axis] = DrawBetween(draws, 0, volume.size[axis] - box.size[axis]);
    }
    values.clear();
    ForEachVoxel(volume.size, box, [&](std::int64_t i) { values.push_back(before[i]); });
    for (std::int64_t i = count; i > 1; --i) {
      std::swap(values[i - 1], values[draws.NextBelow(static_cast<std::uint32_t>(i))]);
    }
    auto next = values.begin();
    ForEachVoxel(volume.size, box, [&](std::int64_t i) { volume.voxels[i] = *next++; });
  }
}

void BendIntensities(const MutableVolume& volume, Philox& draws) {
  std::array<double, 4> points{};
  for (double& point : points) point = draws.NextDouble();
  const IntensityCurve curve(points);
  for (float& value : volume.voxels) value = static_cast<float>(curve.At(value));
}

void PaintBoxes(const MutableVolume& volume, Philox& draws) {
  for (int k = 0; k < kPaintedBoxes && draws.NextDouble() < 0.95; ++k) {
    Box box;
    bool fits = true;
    for (int axis = 0; axis < 3; ++axis) {
      const std::int64_t n = volume.size[axis];
      const std::int64_t least = std::max<std::int64_t>(1, n / 10);
      box.size[axis] = DrawBetween(draws, least, std::max(least, n / 5 - 1));
      fits = fits && box.size[axis] + 2 * kMargin <= n;
      if (fits) box.begin[axis] = DrawBetween(draws, kMargin, n - box.size[axis] - kMargin);
    }
    if (!fits) continue;
    ForEachVoxel(volume.size, box, [&](std::int64_t i) { volume.voxels[i] = draws.NextFloat(); });
  }
}

void DamageAppearance(const MutableVolume& volume, Philox& draws) {
  if (draws.NextDouble() < 0.8) ShuffleLocally(volume, draws);
  if (draws.NextDouble() < 0.9) BendIntensities(volume, draws);
  PaintBoxes(volume, draws);
}

}  // namespace gvsl::model
