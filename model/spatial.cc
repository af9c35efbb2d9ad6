#include "model/spatial.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "model/affine_map.h"

namespace gvsl::model {
namespace {

std::vector<double> GaussianTaps(double sigma) {
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> taps(2 * radius + 1);
  double sum = 0;
  for (int k = -radius; k <= radius; ++k) {
    taps[k + radius] = std::exp(-0.5 * k * k / (sigma * sigma));
    sum += taps[k + radius];
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

// The convolution along an axis of n voxels as a band matrix: the window is as wide as a usual
// crop, so one dense product an axis costs less than sliding the taps.
at::Tensor ConvolutionMatrix(const std::vector<double>& taps, std::int64_t n,
                             const at::TensorOptions& options) {
  const std::int64_t radius = static_cast<std::int64_t>(taps.size()) / 2;
  at::Tensor matrix = at::zeros({n, n}, at::kDouble);
  double* entries = matrix.data_ptr<double>();
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = std::max<std::int64_t>(0, i - radius); j <= std::min(n - 1, i + radius);
         ++j) {
      entries[i * n + j] = taps[j - i + radius];
    }
  }
  return matrix.to(options);
}

double Uniform(Philox& draws, double low, double high) {
  return low + (high - low) * draws.NextDouble();
}

at::Tensor DrawAffine(at::IntArrayRef size, Philox& draws) {
  at::Tensor limited = at::empty({1, 15}, at::kDouble);
  double* values = limited.data_ptr<double>();
  for (int k = 0; k < 3; ++k)
    values[k] = Uniform(draws, -std::numbers::pi / 9, std::numbers::pi / 9);
  for (int k = 3; k < 6; ++k) values[k] = Uniform(draws, 0.75, 1.25);
  for (int k = 0; k < 3; ++k) {
    const double tenth = static_cast<double>(size[2 - k]) / 10;
    values[6 + k] = Uniform(draws, -tenth, tenth);
  }
  for (int k = 9; k < 15; ++k) {
    values[k] = Uniform(draws, -std::numbers::pi / 18, std::numbers::pi / 18);
  }
  return AffineMatrix(limited).to(at::kFloat);
}

at::Tensor DrawNoise(at::IntArrayRef size, Philox& draws) {
  at::Tensor noise = at::empty({1, 3, size[0], size[1], size[2]}, at::kFloat);
  std::generate_n(noise.data_ptr<float>(), noise.numel(),
                  [&] { return 2 * draws.NextFloat() - 1; });
  return noise;
}

}  // namespace

at::Tensor SmoothByGaussian(const at::Tensor& x, double sigma) {
  const std::vector<double> taps = GaussianTaps(sigma);
  const std::int64_t channels = x.size(1);
  const std::int64_t depth = x.size(2);
  const std::int64_t height = x.size(3);
  const std::int64_t width = x.size(4);
  const auto matrix = [&](std::int64_t n) { return ConvolutionMatrix(taps, n, x.options()); };
  at::Tensor smooth = at::matmul(matrix(depth), x.reshape({channels, depth, height * width}));
  smooth = at::matmul(matrix(height), smooth.reshape({channels * depth, height, width}));
  smooth = at::matmul(smooth.reshape({channels * depth * height, width}), matrix(width));
  return smooth.view(x.sizes());
}

at::Tensor ElasticField(const at::Tensor& noise, double sigma, double alpha) {
  return SmoothByGaussian(noise, sigma) * alpha;
}

at::Tensor DrawSpatialField(at::IntArrayRef size, Philox& draws, at::Device device) {
  const at::Tensor matrix = DrawAffine(size, draws).to(device);
  const double sigma = Uniform(draws, 10, 13);
  const double alpha = Uniform(draws, 0, 512);
  return FuseField(matrix, ElasticField(DrawNoise(size, draws).to(device), sigma, alpha));
}

at::Tensor DrawZoomField(at::IntArrayRef size, Philox& draws, at::Device device) {
  at::Tensor limited = at::zeros({1, 15}, at::kDouble);
  double* values = limited.data_ptr<double>();
  for (int k = 0; k < 3; ++k)
    values[k] = Uniform(draws, -std::numbers::pi / 9, std::numbers::pi / 9);
  for (int k = 0; k < 3; ++k) {
    const double share = Uniform(draws, 0.5, 1);
    const double room = (1 - share) * static_cast<double>(size[2 - k]) / 2;
    values[3 + k] = share;
    values[6 + k] = Uniform(draws, -room, room);
  }
  if (draws.NextDouble() < 0.5) values[3] = -values[3];  // the first axis is W
  return AffineField(AffineMatrix(limited).to(at::kFloat).to(device), size);
}

}  // namespace gvsl::model
