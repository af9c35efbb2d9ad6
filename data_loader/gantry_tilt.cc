#include "data_loader/gantry_tilt.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "data_loader/geometry.h"
#include "data_loader/volume_check.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

constexpr double kNothing = 1e-6;  // of a pixel

// Along one axis of a slice: how far each slice lies beside the one before, in pixels; and which
// pixels of the grid all slices cover together.
struct Shift {
  double step = 0;
  std::int64_t begin = 0;
  std::int64_t size = 0;
};

Shift ShiftOf(double step, std::int64_t pixels, std::int64_t slices) {
  const double last = step * static_cast<double>(slices - 1);
  const auto begin = static_cast<std::int64_t>(std::floor(std::min(0.0, last) + kNothing));
  const auto end = static_cast<std::int64_t>(std::ceil(std::max(0.0, last) - kNothing));
  return {step, begin, pixels + end - begin};
}

// Two neighbours of a place between pixels, and the weight of the second; none beyond the edges.
struct Neighbours {
  std::int64_t first = -1, second = -1;
  double weight = 0;
};

std::vector<Neighbours> NeighboursOf(const Shift& shift, std::int64_t pixels, std::int64_t slice) {
  std::vector<Neighbours> result(static_cast<std::size_t>(shift.size));
  for (std::int64_t i = 0; i < shift.size; ++i) {
    const double place =
        static_cast<double>(i + shift.begin) - shift.step * static_cast<double>(slice);
    if (place < -kNothing || place > static_cast<double>(pixels - 1) + kNothing) continue;
    const double low = std::floor(place + kNothing);
    const double weight = std::max(0.0, place - low);
    const auto first = static_cast<std::int64_t>(low);
    const std::int64_t second = std::min(first + 1, pixels - 1);
    result[i] = {first, weight > kNothing ? second : first, weight > kNothing ? weight : 0};
  }
  return result;
}

class Shear {
 public:
  explicit Shear(const RawVolume& tilted) : tilted_(tilted), result_(tilted.WithoutVoxels()) {
    const auto& [slices, rows, columns] = tilted.size;
    const Vector3 x = Column(tilted.to_ras, 0), y = Column(tilted.to_ras, 1);
    const Vector3 z = Column(tilted.to_ras, 2);
    x_ = ShiftOf(Dot(z, x) / Dot(x, x), columns, slices);
    y_ = ShiftOf(Dot(z, y) / Dot(y, y), rows, slices);
    result_.size = {slices, y_.size, x_.size};
    SetColumn(result_.to_ras, 2, Subtract(z, Add(Scale(x, x_.step), Scale(y, y_.step))));
    const Vector3 moved =
        Add(Scale(x, static_cast<double>(x_.begin)), Scale(y, static_cast<double>(y_.begin)));
    SetColumn(result_.to_ras, 3, Add(Column(tilted.to_ras, 3), moved));
  }

  Rejection Check() const {
    Rejection found = CheckGrid(result_.size, result_.to_ras);
    if (!found.code.empty()) return found;
    const auto voxels = [](const RawVolume& volume) {
      return volume.size[0] * volume.size[1] * volume.size[2];
    };
    if (voxels(result_) > kVoxelsOfAnyBytes && voxels(result_) > kMostGrowth * voxels(tilted_)) {
      return {"TOO_LARGE",
              "its slices lie so far beside each other that a grid around them is mostly empty"};
    }
    return {};
  }

  RawVolume Run() && {
    const auto voxels =
        static_cast<std::size_t>(result_.size[0] * result_.size[1] * result_.size[2]);
    least_ = *std::min_element(tilted_.voxels.begin(), tilted_.voxels.end());
    result_.voxels.reserve(voxels);
    result_.padding.reserve(voxels);
    for (std::int64_t slice = 0; slice < result_.size[0]; ++slice) AddSlice(slice);
    result_.warnings.push_back(
        {"TILT_CORRECTED",
         "its slices lay evenly beside each other, as by a tilted gantry, and "
         "were moved onto a grid with right angles"});
    return std::move(result_);
  }

 private:
  void AddSlice(std::int64_t slice) {
    const auto xs = NeighboursOf(x_, tilted_.size[2], slice);
    for (const Neighbours& y : NeighboursOf(y_, tilted_.size[1], slice)) {
      for (const Neighbours& x : xs) AddVoxel(slice, y, x);
    }
  }

  void AddVoxel(std::int64_t slice, const Neighbours& y, const Neighbours& x) {
    double value = 0;
    bool is_tissue = y.first >= 0 && x.first >= 0;
    const auto add = [&](std::int64_t row, std::int64_t column, double weight) {
      if (weight == 0 || !is_tissue) return;
      const auto at =
          static_cast<std::size_t>((slice * tilted_.size[1] + row) * tilted_.size[2] + column);
      is_tissue = tilted_.padding.empty() || !tilted_.padding[at];
      value += weight * tilted_.voxels[at];
    };
    add(y.first, x.first, (1 - y.weight) * (1 - x.weight));
    add(y.first, x.second, (1 - y.weight) * x.weight);
    add(y.second, x.first, y.weight * (1 - x.weight));
    add(y.second, x.second, y.weight * x.weight);
    result_.voxels.push_back(is_tissue ? static_cast<float>(value) : least_);
    result_.padding.push_back(!is_tissue);
  }

  const RawVolume& tilted_;
  Shift x_, y_;
  float least_ = 0;
  RawVolume result_;
};

}  // namespace

OrRejection<RawVolume> Straighten(const RawVolume& tilted) {
  Shear shear(tilted);
  if (Rejection found = shear.Check(); !found.code.empty()) return found;
  return std::move(shear).Run();
}

}  // namespace gvsl::data_loader
