#include "data_loader/thumbnail.h"

#include <algorithm>
#include <cmath>

namespace gvsl::data_loader {
namespace {

using Color = std::array<std::uint8_t, 3>;

constexpr std::array<Color, 8> kColors = {
    Color{255, 92, 76},   Color{72, 190, 255}, Color{120, 220, 90},  Color{255, 190, 50},
    Color{200, 120, 255}, Color{60, 225, 200}, Color{255, 120, 190}, Color{190, 200, 80}};
constexpr double kTint = 0.3;
constexpr double kLongest = 1e9;  // mm; a manifest may say anything finite

// A slice across `normal`: pixels run along `across` to the right and along `up` upwards.
struct Plane {
  int normal;
  int up;
  int across;
};
constexpr std::array<Plane, 3> kPlanes = {Plane{0, 1, 2}, Plane{1, 0, 2}, Plane{2, 0, 1}};

// What one pixel takes of an axis: voxels from `first` on, weighted.
struct Taps {
  std::int64_t first = 0;
  std::int64_t nearest = 0;
  std::vector<float> weights;  // add up to 1
};

// A triangle as wide as two pixels, or two voxels where these are wider.
std::vector<Taps> TapsOf(std::int64_t size, int pixels) {
  const double step = static_cast<double>(size) / pixels, radius = std::max(1.0, step);
  std::vector<Taps> taps(static_cast<std::size_t>(pixels));
  for (int p = 0; p < pixels; ++p) {
    Taps& tap = taps[p];
    const double center = (p + 0.5) * step - 0.5;
    tap.nearest = std::clamp<std::int64_t>(std::llround(center), 0, size - 1);
    tap.first = std::max<std::int64_t>(0, std::llround(std::ceil(center - radius)));
    const auto last = std::min<std::int64_t>(size - 1, std::llround(std::floor(center + radius)));
    float sum = 0;
    for (std::int64_t i = tap.first; i <= last; ++i) {
      tap.weights.push_back(
          static_cast<float>(1 - std::abs(static_cast<double>(i) - center) / radius));
      sum += tap.weights.back();
    }
    for (float& weight : tap.weights) weight /= sum;
  }
  return taps;
}

class Slice {
 public:
  Slice(const VolumeView& volume, const Plane& plane) : volume_(volume) {
    const std::array<std::int64_t, 3> strides = {volume.size[1] * volume.size[2], volume.size[2],
                                                 1};
    offset_ = volume.size[plane.normal] / 2 * strides[plane.normal];
    up_ = strides[plane.up];
    across_ = strides[plane.across];
    rows_ = volume.size[plane.up];
  }

  // Rows from the top.
  std::vector<float> Grey(const std::vector<Taps>& ups, const std::vector<Taps>& acrosses) const {
    std::vector<float> narrowed;  // every row of voxels, as wide as the picture
    for (std::int64_t row = 0; row < rows_; ++row) {
      for (const Taps& taps : acrosses) {
        float sum = 0;
        for (std::size_t k = 0; k < taps.weights.size(); ++k) {
          sum += taps.weights[k] * volume_.voxels[At(row, taps.first + static_cast<int>(k))];
        }
        narrowed.push_back(sum);
      }
    }
    std::vector<float> pixels;
    for (auto taps = ups.rbegin(); taps != ups.rend(); ++taps) {
      for (std::size_t column = 0; column < acrosses.size(); ++column) {
        float sum = 0;
        for (std::size_t k = 0; k < taps->weights.size(); ++k) {
          const std::size_t row = static_cast<std::size_t>(taps->first) + k;
          sum += taps->weights[k] * narrowed[row * acrosses.size() + column];
        }
        pixels.push_back(sum);
      }
    }
    return pixels;
  }

  std::vector<std::int32_t> Labels(const std::vector<Taps>& ups,
                                   const std::vector<Taps>& acrosses) const {
    std::vector<std::int32_t> labels;
    for (auto up = ups.rbegin(); up != ups.rend(); ++up) {
      for (const Taps& across : acrosses) {
        labels.push_back((*volume_.labels)[At(up->nearest, across.nearest)]);
      }
    }
    return labels;
  }

 private:
  std::size_t At(std::int64_t up, std::int64_t across) const {
    return static_cast<std::size_t>(offset_ + up * up_ + across * across_);
  }

  const VolumeView& volume_;
  std::int64_t offset_ = 0, up_ = 0, across_ = 0, rows_ = 0;
};

std::uint8_t Byte(double value) {
  return value > 0 ? static_cast<std::uint8_t>(std::lround(std::min(value, 255.0))) : 0;
}

// Of a pixel in its view, `width` pixels wide.
bool IsBorder(const std::vector<std::int32_t>& labels, std::size_t width, std::size_t pixel) {
  const std::size_t column = pixel % width;
  const std::int32_t own = labels[pixel];
  return (column > 0 && labels[pixel - 1] != own) ||
         (column + 1 < width && labels[pixel + 1] != own) ||
         (pixel >= width && labels[pixel - width] != own) ||
         (pixel + width < labels.size() && labels[pixel + width] != own);
}

Color Tinted(std::uint8_t grey, std::int32_t label, bool border) {
  if (label == 0) return {grey, grey, grey};
  const Color& color = kColors[static_cast<std::uint32_t>(label - 1) % kColors.size()];
  const double share = border ? 1 : kTint;
  Color mixed{};
  for (int i = 0; i < 3; ++i) mixed[i] = Byte((1 - share) * grey + share * color[i]);
  return mixed;
}

// Draws one view in the middle of its square, which begins at column `left`.
void Draw(const Slice& slice, const std::vector<Taps>& ups, const std::vector<Taps>& acrosses,
          bool labelled, int left, int edge, Thumbnail& picture) {
  const std::size_t width = acrosses.size(), height = ups.size();
  const std::vector<float> grey = slice.Grey(ups, acrosses);
  const auto labels = labelled ? slice.Labels(ups, acrosses) : std::vector<std::int32_t>();
  const std::size_t x0 = static_cast<std::size_t>(left) + (edge - width) / 2;
  const std::size_t y0 = (edge - height) / 2;
  for (std::size_t pixel = 0; pixel < grey.size(); ++pixel) {
    const std::size_t x = x0 + pixel % width, y = y0 + pixel / width;
    std::uint8_t* const out =
        &picture.pixels[(y * static_cast<std::size_t>(picture.width) + x) * picture.channels];
    const std::uint8_t value = Byte(255.0 * grey[pixel]);
    if (!labelled) {
      *out = value;
      continue;
    }
    const Color color = Tinted(value, labels[pixel], IsBorder(labels, width, pixel));
    std::copy(color.begin(), color.end(), out);
  }
}

}  // namespace

Thumbnail MakeThumbnail(const VolumeView& volume, const std::array<double, 3>& spacing, int edge) {
  const bool labelled = volume.labels.has_value();
  Thumbnail picture{3 * edge, edge, labelled ? 3 : 1, {}};
  picture.pixels.resize(static_cast<std::size_t>(picture.width) * edge * picture.channels, 0);
  std::array<double, 3> extent{};
  for (int axis = 0; axis < 3; ++axis) {
    extent[axis] = std::min(kLongest, static_cast<double>(volume.size[axis]) * spacing[axis]);
  }
  const double scale = edge / *std::max_element(extent.begin(), extent.end());
  std::array<std::vector<Taps>, 3> taps;
  for (int axis = 0; axis < 3; ++axis) {
    const long pixels = std::lround(extent[axis] * scale);
    taps[axis] = TapsOf(volume.size[axis], static_cast<int>(std::clamp<long>(pixels, 1, edge)));
  }
  for (int k = 0; k < 3; ++k) {
    const Plane& plane = kPlanes[k];
    Draw(Slice(volume, plane), taps[plane.up], taps[plane.across], labelled, k * edge, edge,
         picture);
  }
  return picture;
}

}  // namespace gvsl::data_loader
