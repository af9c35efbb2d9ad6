#include "data_loader/resample.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "data_loader/geometry.h"

namespace gvsl::data_loader {
namespace {

// The old voxels that make up a new one, from `first` on, and their shares.
struct Tap {
  std::int64_t first = 0;
  std::vector<double> weights;
};

std::int64_t NewLength(std::int64_t length, double old_spacing, double new_spacing) {
  const double exact = static_cast<double>(length) * old_spacing / new_spacing;
  return static_cast<std::int64_t>(std::clamp(std::floor(exact + 0.5 + 1e-9), 1.0, 1e15));
}

// Linear between two voxels, `at` a place among `length`.
Tap Between(double at, std::int64_t length) {
  const auto lower = static_cast<std::int64_t>(std::floor(at));
  const double weight = at - static_cast<double>(lower);
  if (lower + 1 >= length) return {lower, {1}};
  return {lower, {1 - weight, weight}};
}

// A triangle about `at` that is zero `reach` voxels away.
Tap Triangle(double at, std::int64_t length, double reach) {
  const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(std::ceil(at - reach)));
  const auto last =
      std::min<std::int64_t>(length - 1, static_cast<std::int64_t>(std::floor(at + reach)));
  Tap tap{first, {}};
  double sum = 0;
  for (std::int64_t i = first; i <= last; ++i) {
    tap.weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(i) - at) / reach));
    sum += tap.weights.back();
  }
  for (double& weight : tap.weights) weight /= sum;
  return tap;
}

// `ratio` of the new spacing to the old: where it is above 1, finer structures than the new grid
// can show are averaged.
std::vector<Tap> Taps(std::int64_t old_length, std::int64_t new_length, double ratio) {
  std::vector<Tap> taps(new_length);
  const double old_centre = 0.5 * static_cast<double>(old_length - 1);
  const double new_centre = 0.5 * static_cast<double>(new_length - 1);
  for (std::int64_t i = 0; i < new_length; ++i) {
    const double at = std::clamp(old_centre + (static_cast<double>(i) - new_centre) * ratio, 0.0,
                                 static_cast<double>(old_length - 1));
    taps[i] = ratio > 1 ? Triangle(at, old_length, ratio) : Between(at, old_length);
  }
  return taps;
}

bool SameSpacing(double a, double b) { return std::abs(a - b) <= 1e-5 * b; }

// `value_at(i)` of the tap's i-th voxel.
template <typename ValueAt>
double Mix(const std::vector<double>& weights, const ValueAt& value_at) {
  if (weights.size() == 1) return value_at(0);
  if (weights.size() == 2) {
    const double low = value_at(0), high = value_at(1);
    return low + (high - low) * weights[1];
  }
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * value_at(i);
  return sum;
}

using Plane = std::vector<double>;

Plane ResamplePlane(const float* voxels, std::int64_t height, std::int64_t width,
                    const std::vector<Tap>& ys, const std::vector<Tap>& xs) {
  Plane rows;  // of the old height and the new width
  rows.reserve(static_cast<std::size_t>(height) * xs.size());
  for (std::int64_t y = 0; y < height; ++y) {
    for (const Tap& x : xs) {
      const float* const first = voxels + y * width + x.first;
      rows.push_back(Mix(x.weights, [&](std::size_t i) { return double{first[i]}; }));
    }
  }
  Plane plane;
  plane.reserve(ys.size() * xs.size());
  for (const Tap& y : ys) {
    const double* const first = rows.data() + static_cast<std::size_t>(y.first) * xs.size();
    for (std::size_t x = 0; x < xs.size(); ++x) {
      plane.push_back(Mix(y.weights, [&](std::size_t i) { return first[i * xs.size() + x]; }));
    }
  }
  return plane;
}

// Old planes on the new grid; kept while new ones are made of them.
class Planes {
 public:
  Planes(const Image& image, const std::vector<Tap>& ys, const std::vector<Tap>& xs)
      : image_(image), ys_(ys), xs_(xs) {}

  // Of taps that never go back.
  std::vector<const Plane*> Of(const Tap& tap) {
    planes_.erase(planes_.begin(), planes_.lower_bound(tap.first));
    std::vector<const Plane*> planes;
    const std::int64_t height = image_.grid.size[1], width = image_.grid.size[2];
    for (std::size_t i = 0; i < tap.weights.size(); ++i) {
      const std::int64_t z = tap.first + static_cast<std::int64_t>(i);
      const auto [found, is_new] = planes_.try_emplace(z);
      if (is_new) {
        const float* const voxels = image_.voxels.data() + z * height * width;
        found->second = ResamplePlane(voxels, height, width, ys_, xs_);
      }
      planes.push_back(&found->second);
    }
    return planes;
  }

 private:
  const Image& image_;
  const std::vector<Tap>& ys_;
  const std::vector<Tap>& xs_;
  std::map<std::int64_t, Plane> planes_;
};

}  // namespace

Grid ResampledGrid(const Grid& old, const std::array<double, 3>& spacing) {
  Grid grid = old;
  Vector3 first;  // the first new voxel in old voxels, x, y, z
  for (int axis = 0; axis < 3; ++axis) {
    const int column = 2 - axis;
    first[column] = 0;
    if (SameSpacing(old.spacing[axis], spacing[axis])) continue;
    const double ratio = spacing[axis] / old.spacing[axis];
    grid.size[axis] = NewLength(old.size[axis], old.spacing[axis], spacing[axis]);
    grid.spacing[axis] = spacing[axis];
    first[column] = 0.5 * static_cast<double>(old.size[axis] - 1) -
                    0.5 * static_cast<double>(grid.size[axis] - 1) * ratio;
    SetColumn(grid.to_ras, column, Scale(Column(old.to_ras, column), ratio));
  }
  SetColumn(grid.to_ras, 3, Apply(old.to_ras, first));
  return grid;
}

Image Resample(const Image& image, const std::array<double, 3>& spacing) {
  Image result{ResampledGrid(image.grid, spacing), {}};
  std::array<std::vector<Tap>, 3> taps;
  for (int axis = 0; axis < 3; ++axis) {
    const double ratio = result.grid.spacing[axis] / image.grid.spacing[axis];
    const bool kept = result.grid.spacing[axis] == image.grid.spacing[axis];
    taps[axis] = Taps(image.grid.size[axis], result.grid.size[axis], kept ? 1.0 : ratio);
  }
  Planes planes(image, taps[1], taps[2]);
  result.voxels.reserve(taps[0].size() * taps[1].size() * taps[2].size());
  for (const Tap& z : taps[0]) {
    const std::vector<const Plane*> parts = planes.Of(z);
    for (std::size_t at = 0; at < parts[0]->size(); ++at) {
      const auto value = Mix(z.weights, [&](std::size_t i) { return (*parts[i])[at]; });
      result.voxels.push_back(static_cast<float>(value));
    }
  }
  return result;
}

OrRejection<std::vector<std::int32_t>> LabelsOnGrid(const LabelMap& map, const Grid& grid) {
  const Affine to_map = Compose(Inverse(map.to_ras), grid.to_ras);
  const auto nearest = [](double value) {
    // Halves go up, whatever the rounding of the matrices did to them.
    return static_cast<std::int64_t>(std::floor(value + 0.5 + 1e-6));
  };
  std::vector<std::int32_t> labels(grid.size[0] * grid.size[1] * grid.size[2], 0);
  std::int64_t inside = 0;
  bool any_label = false;
  std::size_t voxel = 0;
  for (std::int64_t z = 0; z < grid.size[0]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[2]; ++x, ++voxel) {
        const Vector3 at =
            Apply(to_map, {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
        const std::int64_t i = nearest(at[0]), j = nearest(at[1]), k = nearest(at[2]);
        if (i < 0 || j < 0 || k < 0 || i >= map.size[2] || j >= map.size[1] || k >= map.size[0]) {
          continue;
        }
        ++inside;
        labels[voxel] = map.values[(k * map.size[1] + j) * map.size[2] + i];
        any_label = any_label || labels[voxel] != 0;
      }
    }
  }
  const bool empty = std::all_of(map.values.begin(), map.values.end(),
                                 [](std::int32_t value) { return value == 0; });
  if (inside == 0 || (!any_label && !empty)) {
    return Rejection{"LABEL_GRID_MISMATCH",
                     "the label map does not lie on its image; check both files' positions"};
  }
  return labels;
}

}  // namespace gvsl::data_loader
