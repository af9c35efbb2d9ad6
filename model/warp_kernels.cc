#include "model/warp_kernels.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "model/warp_corners.h"

namespace gvsl::model {
namespace {

constexpr std::int64_t kRowGrain = 32;
constexpr std::int64_t kChannelBlock = 8;

// The eight corners of every voxel of one row along W.
template <typename T>
class Row {
 public:
  explicit Row(std::int64_t width) : cells_(width), offset_(8 * width), weight_(8 * width) {}

  void Locate(const T* field, const WarpShape& shape, std::int64_t row) {
    const std::int64_t y = row % shape.height;
    const std::int64_t z = row / shape.height % shape.depth;
    const std::int64_t n = row / shape.height / shape.depth;
    const std::int64_t voxels = shape.voxels();
    const T* dz = field + 3 * n * voxels + (z * shape.height + y) * shape.width;
    for (std::int64_t x = 0; x < shape.width; ++x) {
      cells_[x] = {Corners(dz[x], z, shape.depth), Corners(dz[voxels + x], y, shape.height),
                   Corners(dz[2 * voxels + x], x, shape.width)};
      for (int k = 0; k < 8; ++k) {
        offset_[8 * x + k] = cells_[x].Offset(k, shape.height, shape.width);
        weight_[8 * x + k] = cells_[x].Weight(k);
      }
    }
  }

  const std::int32_t* offset(std::int64_t x) const { return &offset_[8 * x]; }
  const T* weight(std::int64_t x) const { return &weight_[8 * x]; }
  const Cell<T>& cell(std::int64_t x) const { return cells_[x]; }

 private:
  std::vector<Cell<T>> cells_;
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
        T slopes[3];
        corners.cell(x).Slopes(&sums[8 * x], slopes);
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
