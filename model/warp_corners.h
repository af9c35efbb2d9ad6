// Where a sample of a volume falls between voxels: shared by the loops of the processor and of the
// GPU.
#pragma once

#include <cmath>
#include <cstdint>

// nvcc defines it.
#ifdef __CUDACC__
#define GVSL_HOST_DEVICE __host__ __device__
#else
#define GVSL_HOST_DEVICE
#endif

namespace gvsl::model {

// One axis: the lower and the upper voxel, their weights and the weights' derivatives; a voxel
// outside has index 0, weight 0 and derivative 0.
template <typename T>
struct AxisCorners {
  std::int32_t index[2];
  T weight[2];
  T slope[2];
};

template <typename T>
GVSL_HOST_DEVICE AxisCorners<T> Corners(T offset, std::int64_t position, std::int64_t size) {
  constexpr T kFar = 1 << 20;
  AxisCorners<T> corners{};
  if (!(std::abs(offset) < kFar)) return corners;
  std::int64_t low = static_cast<std::int64_t>(offset);
  low -= offset < static_cast<T>(low) ? 1 : 0;
  const T fraction = offset - static_cast<T>(low);
  low += position;
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

// The eight corners of a voxel are numbered by the bits z, y, x. `axes` are those of D, H, W.
template <typename T>
struct Cell {
  AxisCorners<T> axes[3];

  GVSL_HOST_DEVICE std::int32_t Offset(int k, std::int64_t height, std::int64_t width) const {
    return static_cast<std::int32_t>(
        (axes[0].index[k >> 2] * height + axes[1].index[(k >> 1) & 1]) * width +
        axes[2].index[k & 1]);
  }
  GVSL_HOST_DEVICE T Weight(int k) const {
    return axes[0].weight[k >> 2] * axes[1].weight[(k >> 1) & 1] * axes[2].weight[k & 1];
  }
  // The gradient of the voxel's value in its three coordinates, from the channel-wise sums of
  // gradient times corner value.
  GVSL_HOST_DEVICE void Slopes(const T* sums, T* slopes) const {
    for (int axis = 0; axis < 3; ++axis) slopes[axis] = 0;
    for (int k = 0; k < 8; ++k) {
      const int kz = k >> 2;
      const int ky = (k >> 1) & 1;
      const int kx = k & 1;
      slopes[0] += axes[0].slope[kz] * axes[1].weight[ky] * axes[2].weight[kx] * sums[k];
      slopes[1] += axes[0].weight[kz] * axes[1].slope[ky] * axes[2].weight[kx] * sums[k];
      slopes[2] += axes[0].weight[kz] * axes[1].weight[ky] * axes[2].slope[kx] * sums[k];
    }
  }
};

}  // namespace gvsl::model
