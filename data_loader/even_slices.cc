#include "data_loader/even_slices.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/text.h"
#include "data_loader/geometry.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

constexpr double kNothing = 1e-6;  // of a step

// A place between two slices, and the weight of the upper one.
struct Between {
  std::size_t lower = 0, upper = 0;
  double weight = 0;
};

Between Find(const std::vector<double>& places, double place) {
  const auto above = std::upper_bound(places.begin(), places.end(), place);
  const auto upper = std::min(static_cast<std::size_t>(above - places.begin()), places.size() - 1);
  const std::size_t lower = upper == 0 ? 0 : upper - 1;
  const double weight = (place - places[lower]) / (places[upper] - places[lower]);
  if (weight < kNothing) return {lower, lower, 0};
  if (weight > 1 - kNothing) return {upper, upper, 0};
  return {lower, upper, weight};
}

double ShortestStep(const std::vector<double>& places) {
  double shortest = places.back() - places.front();
  for (std::size_t i = 1; i < places.size(); ++i) {
    shortest = std::min(shortest, places[i] - places[i - 1]);
  }
  return shortest;
}

void AddSlice(const RawVolume& uneven, const Between& between, float least, RawVolume& even) {
  const auto voxels = static_cast<std::size_t>(uneven.size[1] * uneven.size[2]);
  const std::size_t lower = between.lower * voxels, upper = between.upper * voxels;
  const auto is_padding = [&](std::size_t at) {
    return !uneven.padding.empty() && uneven.padding[at];
  };
  for (std::size_t i = 0; i < voxels; ++i) {
    const bool padding = is_padding(lower + i) || is_padding(upper + i);
    const double value =
        (1 - between.weight) * uneven.voxels[lower + i] + between.weight * uneven.voxels[upper + i];
    even.voxels.push_back(padding ? least : static_cast<float>(value));
    if (!uneven.padding.empty()) even.padding.push_back(padding);
  }
}

}  // namespace

OrRejection<RawVolume> SpaceEvenly(const RawVolume& uneven, const std::vector<double>& places) {
  const double extent = places.back() - places.front();
  const double steps = std::round(extent / ShortestStep(places));
  const double step = extent / steps;
  RawVolume even = uneven.WithoutVoxels();
  even.size[0] = static_cast<std::int64_t>(steps) + 1;
  const Vector3 along = Column(uneven.to_ras, 2);
  SetColumn(even.to_ras, 2, Scale(along, step / Length(along)));
  if (Rejection found = CheckGrid(even.size, even.to_ras); !found.code.empty()) return found;
  even.voxels.reserve(static_cast<std::size_t>(even.size[0] * even.size[1] * even.size[2]));
  const float least = *std::min_element(uneven.voxels.begin(), uneven.voxels.end());
  for (std::int64_t slice = 0; slice < even.size[0]; ++slice) {
    const double place = places.front() + step * static_cast<double>(slice);
    AddSlice(uneven, Find(places, place), least, even);
  }
  even.warnings.push_back(
      {"SPACING_EVENED",
       Concat("its slices are not evenly apart and were resampled to ", step, " mm")});
  return even;
}

}  // namespace gvsl::data_loader
