#include "data_loader/resample.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "data_loader/geometry.h"

namespace gvsl::data_loader {
namespace {

// Where a new voxel lies between two old ones.
struct Tap {
  std::int64_t lower = 0;
  std::int64_t upper = 0;
  double weight = 0;  // of upper
};

std::int64_t NewLength(std::int64_t length, double old_spacing, double new_spacing) {
  const double exact = static_cast<double>(length) * old_spacing / new_spacing;
  return static_cast<std::int64_t>(std::clamp(std::floor(exact + 0.5 + 1e-9), 1.0, 1e15));
}

// Where the centres of new voxels lie among `old_length` old ones, `ratio` of them apart.
std::vector<double> Centres(std::int64_t old_length, std::int64_t new_length, double ratio) {
  std::vector<double> centres;
  const double old_centre = 0.5 * static_cast<double>(old_length - 1);
  const double new_centre = 0.5 * static_cast<double>(new_length - 1);
  for (std::int64_t i = 0; i < new_length; ++i) {
    centres.push_back(std::clamp(old_centre + (static_cast<double>(i) - new_centre) * ratio, 0.0,
                                 static_cast<double>(old_length - 1)));
  }
  return centres;
}

std::vector<Tap> Taps(std::int64_t old_length, std::int64_t new_length, double ratio) {
  std::vector<Tap> taps(new_length);
  const std::vector<double> centres = Centres(old_length, new_length, ratio);
  for (std::int64_t i = 0; i < new_length; ++i) {
    const double at = centres[i];
    const auto lower = static_cast<std::int64_t>(std::floor(at));
    taps[i] = {lower, std::min(lower + 1, old_length - 1), at - static_cast<double>(lower)};
  }
  return taps;
}

// The old voxels of which a new one is a mean, from `first` on, and their weights.
struct Share {
  std::int64_t first = 0;
  std::vector<double> weights;
};

// Triangles about the new centres that are zero one new voxel away.
std::vector<Share> Triangles(std::int64_t old_length, std::int64_t new_length, double ratio) {
  std::vector<Share> shares;
  for (const double at : Centres(old_length, new_length, ratio)) {
    const auto first = static_cast<std::int64_t>(std::max(0.0, std::ceil(at - ratio)));
    const auto last = std::min(old_length - 1, static_cast<std::int64_t>(std::floor(at + ratio)));
    Share share{first, {}};
    double sum = 0;
    for (std::int64_t i = first; i <= last; ++i) {
      share.weights.push_back(std::max(0.0, 1 - std::abs(static_cast<double>(i) - at) / ratio));
      sum += share.weights.back();
    }
    for (double& weight : share.weights) weight /= sum;
    shares.push_back(std::move(share));
  }
  return shares;
}

std::vector<float> Averaged(const Image& image, int axis, const std::vector<Share>& shares) {
  std::int64_t outer = 1, inner = 1;
  for (int other = 0; other < axis; ++other) outer *= image.grid.size[other];
  for (int other = axis + 1; other < 3; ++other) inner *= image.grid.size[other];
  std::vector<float> result;
  result.reserve(static_cast<std::size_t>(outer * inner) * shares.size());
  std::array<double, 1024> sums;
  for (std::int64_t o = 0; o < outer; ++o) {
    const float* const line = image.voxels.data() + o * image.grid.size[axis] * inner;
    for (const Share& share : shares) {
      for (std::int64_t begin = 0; begin < inner; begin += sums.size()) {
        const auto count = std::min<std::int64_t>(inner - begin, sums.size());
        sums.fill(0);
        for (std::size_t k = 0; k < share.weights.size(); ++k) {
          const float* const voxels =
              line + (share.first + static_cast<std::int64_t>(k)) * inner + begin;
          for (std::int64_t i = 0; i < count; ++i) sums[i] += share.weights[k] * voxels[i];
        }
        for (std::int64_t i = 0; i < count; ++i) result.push_back(static_cast<float>(sums[i]));
      }
    }
  }
  return result;
}

bool SameSpacing(double a, double b) { return std::abs(a - b) <= 1e-5 * b; }

double Mix(double lower, double upper, double weight) { return lower + (upper - lower) * weight; }

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

namespace {

// Along the axes that become coarser, which then have their new size and spacing. Nothing where
// there is none.
std::optional<Image> Coarsened(const Image& image, const Grid& grid) {
  std::optional<Image> result;
  for (int axis = 0; axis < 3; ++axis) {
    const double ratio = grid.spacing[axis] / image.grid.spacing[axis];
    if (grid.spacing[axis] == image.grid.spacing[axis] || ratio <= 1) continue;
    const Image& source = result ? *result : image;
    const auto shares = Triangles(image.grid.size[axis], grid.size[axis], ratio);
    Image coarser{source.grid, Averaged(source, axis, shares)};
    coarser.grid.size[axis] = grid.size[axis];
    coarser.grid.spacing[axis] = grid.spacing[axis];
    result = std::move(coarser);
  }
  return result;
}

}  // namespace

Image Resample(const Image& original, const std::array<double, 3>& spacing) {
  Image result{ResampledGrid(original.grid, spacing), {}};
  const std::optional<Image> coarsened = Coarsened(original, result.grid);
  const Image& image = coarsened ? *coarsened : original;
  std::array<std::vector<Tap>, 3> taps;
  for (int axis = 0; axis < 3; ++axis) {
    const double ratio = result.grid.spacing[axis] / image.grid.spacing[axis];
    const bool kept = result.grid.spacing[axis] == image.grid.spacing[axis];
    taps[axis] = Taps(image.grid.size[axis], result.grid.size[axis], kept ? 1.0 : ratio);
  }
  const std::int64_t height = image.grid.size[1], width = image.grid.size[2];
  const auto row = [&](std::int64_t z, std::int64_t y) {
    return image.voxels.data() + (z * height + y) * width;
  };
  result.voxels.reserve(taps[0].size() * taps[1].size() * taps[2].size());
  for (const Tap& z : taps[0]) {
    for (const Tap& y : taps[1]) {
      const float* const low_low = row(z.lower, y.lower);
      const float* const low_high = row(z.lower, y.upper);
      const float* const high_low = row(z.upper, y.lower);
      const float* const high_high = row(z.upper, y.upper);
      for (const Tap& x : taps[2]) {
        const auto along_x = [&](const float* line) {
          return Mix(line[x.lower], line[x.upper], x.weight);
        };
        const double low = Mix(along_x(low_low), along_x(low_high), y.weight);
        const double high = Mix(along_x(high_low), along_x(high_high), y.weight);
        result.voxels.push_back(static_cast<float>(Mix(low, high, z.weight)));
      }
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
