#include "model/warp_kernels.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace gvsl::model {
namespace {

constexpr std::int64_t kRowGrain = 32;
constexpr std::int64_t kChannelBlock = 8;

// Where one axis of a sample falls: the lower and the upper voxel, their weights and the weights'
// derivatives; a voxel outside has index 0, weight 0 and derivative 0.
template <typename T>
struct AxisCorners {
  std::array<std::int32_t, 2> index;
  std::array<T, 2> weight;
  std::array<T, 2> slope;
};

template <typename T>
AxisCorners<T> Corners(T offset, std::int64_t position, std::int64_t size) {
  constexpr T kFar = 1 << 20;
  if (!(std::abs(offset) < kFar)) return {};
  std::int64_t low = static_cast<std::int64_t>(offset);
  low -= offset < static_cast<T>(low) ? 1 : 0;
  const T fraction = offset - static_cast<T>(low);
  low += position;
  AxisCorners<T> corners{};
  if (low >= 0 && low < size) {
    corners.index[0] = static_cast<std::int32_t>(low);
    corners.weight[0] = 1 - fraction;
    corners.slope[0] = -1;
  }
  if (low >= -1 && low + 1 < size) {
    corners.index[1] = static_cast<std::int32_t>(low + 1);
    corners.weight[1] = fraction;
    corners.slope[1] = 1;
  }
  return corners;
}

// The eight corners of every voxel of one row along W.
template <typename T>
class Row {
 public:
  explicit Row(std::int64_t width) : axes_(width), offset_(8 * width), weight_(8 * width) {}

  void Locate(const T* field, const WarpShape& shape, std::int64_t row) {
    const std::int64_t y = row % shape.height;
    const std::int64_t z = row / shape.height % shape.depth;
    const std::int64_t n = row / shape.height / shape.depth;
    const std::int64_t voxels = shape.voxels();
    const T* dz = field + 3 * n * voxels + (z * shape.height + y) * shape.width;
    for (std::int64_t x = 0; x < shape.width; ++x) {
      axes_[x] = {Corners(dz[x], z, shape.depth), Corners(dz[voxels + x], y, shape.height),
                  Corners(dz[2 * voxels + x], x, shape.width)};
      SetCorners(shape, x);
    }
  }

  const std::int32_t* offset(std::int64_t x) const { return &offset_[8 * x]; }
  const T* weight(std::int64_t x) const { return &weight_[8 * x]; }
  const std::array<AxisCorners<T>, 3>& axes(std::int64_t x) const { return axes_[x]; }

 private:
  void SetCorners(const WarpShape& shape, std::int64_t x) {
    const auto& [az, ay, ax] = axes_[x];
    for (int k = 0; k < 8; ++k) {
      const int kz = k >> 2;
      const int ky = (k >> 1) & 1;
      const int kx = k & 1;
      offset_[8 * x + k] = static_cast<std::int32_t>(
          (az.index[kz] * shape.height + ay.index[ky]) * shape.width + ax.index[kx]);
      weight_[8 * x + k] = az.weight[kz] * ay.weight[ky] * ax.weight[kx];
    }
  }

  std::vector<std::array<AxisCorners<T>, 3>> axes_;
  std::vector<std::int32_t> offset_;
  std::vector<T> weight_;
};

std::int64_t Rows(const WarpShape& shape) { return shape.batch * shape.depth * shape.height; }

// Index of the first voxel of a row in channel c of a tensor with `channels` channels.
std::int64_t RowStart(const WarpShape& shape, std::int64_t row, std::int64_t channels,
                      std::int64_t c) {
  const std::int64_t rows = shape.depth * shape.height;
  return ((row / rows) * channels + c) * shape.voxels() + row % rows * shape.width;
}

// The gradient of one voxel's value in its three coordinates, from the channel-wise sums of
// gradient times corner value.
template <typename T>
std::array<T, 3> Slopes(const std::array<AxisCorners<T>, 3>& axes, const T* sums) {
  const auto& [az, ay, ax] = axes;
  std::array<T, 3> result{};
  for (int k = 0; k < 8; ++k) {
    const int kz = k >> 2;
    const int ky = (k >> 1) & 1;
    const int kx = k & 1;
    result[0] += az.slope[kz] * ay.weight[ky] * ax.weight[kx] * sums[k];
    result[1] += az.weight[kz] * ay.slope[ky] * ax.weight[kx] * sums[k];
    result[2] += az.weight[kz] * ay.weight[ky] * ax.slope[kx] * sums[k];
  }
  return result;
}

}  // namespace

template <typename T>
void WarpForward(const T* source, const T* field, const WarpShape& shape, T* out) {
  at::parallel_for(0, Rows(shape), kRowGrain, [&](std::int64_t begin, std::int64_t end) {
    Row<T> corners(shape.width);
    for (std::int64_t row = begin; row < end; ++row) {
      corners.Locate(field, shape, row);
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        const std::int64_t start = RowStart(shape, row, shape.channels, c);
        const T* volume = source + start - row % (shape.depth * shape.height) * shape.width;
        for (std::int64_t x = 0; x < shape.width; ++x) {
          const std::int32_t* offset = corners.offset(x);
          const T* weight = corners.weight(x);
          T sum = 0;
          for (int k = 0; k < 8; ++k) sum += weight[k] * volume[offset[k]];
          out[start + x] = sum;
        }
      }
    }
  });
}

template <typename T>
void WarpSourceGradient(const T* field, const T* gradient, const WarpShape& shape, T* to_source) {
  const std::int64_t blocks = (shape.channels + kChannelBlock - 1) / kChannelBlock;
  const std::int64_t rows = shape.depth * shape.height;
  at::parallel_for(0, shape.batch * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    Row<T> corners(shape.width);
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t n = task / blocks;
      const std::int64_t first = task % blocks * kChannelBlock;
      const std::int64_t last = std::min(first + kChannelBlock, shape.channels);
      for (std::int64_t row = n * rows; row < (n + 1) * rows; ++row) {
        corners.Locate(field, shape, row);
        for (std::int64_t c = first; c < last; ++c) {
          T* volume = to_source + (n * shape.channels + c) * shape.voxels();
          const T* values = gradient + RowStart(shape, row, shape.channels, c);
          for (std::int64_t x = 0; x < shape.width; ++x) {
            const std::int32_t* offset = corners.offset(x);
            const T* weight = corners.weight(x);
            for (int k = 0; k < 8; ++k) volume[offset[k]] += weight[k] * values[x];
          }
        }
      }
    }
  });
}

template <typename T>
void WarpFieldGradient(const T* source, const T* field, const T* gradient, const WarpShape& shape,
                       T* to_field) {
  at::parallel_for(0, Rows(shape), kRowGrain, [&](std::int64_t begin, std::int64_t end) {
    Row<T> corners(shape.width);
    std::vector<T> sums(8 * shape.width);
    for (std::int64_t row = begin; row < end; ++row) {
      corners.Locate(field, shape, row);
      std::fill(sums.begin(), sums.end(), T{0});
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        const std::int64_t start = RowStart(shape, row, shape.channels, c);
        const T* volume = source + start - row % (shape.depth * shape.height) * shape.width;
        for (std::int64_t x = 0; x < shape.width; ++x) {
          const std::int32_t* offset = corners.offset(x);
          for (int k = 0; k < 8; ++k) sums[8 * x + k] += gradient[start + x] * volume[offset[k]];
        }
      }
      T* out = to_field + RowStart(shape, row, 3, 0);
      for (std::int64_t x = 0; x < shape.width; ++x) {
        const std::array<T, 3> slopes = Slopes(corners.axes(x), &sums[8 * x]);
        for (int axis = 0; axis < 3; ++axis) out[axis * shape.voxels() + x] = slopes[axis];
      }
    }
  });
}

template void WarpForward<float>(const float*, const float*, const WarpShape&, float*);
template void WarpForward<double>(const double*, const double*, const WarpShape&, double*);
template void WarpSourceGradient<float>(const float*, const float*, const WarpShape&, float*);
template void WarpSourceGradient<double>(const double*, const double*, const WarpShape&, double*);
template void WarpFieldGradient<float>(const float*, const float*, const float*, const WarpShape&,
                                       float*);
template void WarpFieldGradient<double>(const double*, const double*, const double*,
                                        const WarpShape&, double*);

}  // namespace gvsl::model
