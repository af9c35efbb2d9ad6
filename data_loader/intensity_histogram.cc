#include "data_loader/intensity_histogram.h"

#include <numeric>

namespace gvsl::data_loader {
namespace {

constexpr float kBins = kIntensityBins;

std::size_t BinOf(float value) {
  if (!(value > 0)) return 0;  // NaN too
  return value >= 1 ? kIntensityBins - 1 : static_cast<std::size_t>(value * kBins);
}

}  // namespace

IntensityHistogram CountIntensities(std::span<const float> voxels) {
  // Two by turns: neighbours are often alike, and one counter would wait for itself.
  IntensityHistogram even{}, odd{};
  std::size_t i = 0;
  for (; i + 1 < voxels.size(); i += 2) {
    ++even[BinOf(voxels[i])];
    ++odd[BinOf(voxels[i + 1])];
  }
  if (i < voxels.size()) ++even[BinOf(voxels[i])];
  for (std::size_t bin = 0; bin < kIntensityBins; ++bin) even[bin] += odd[bin];
  return even;
}

std::uint64_t CountOf(const IntensityHistogram& histogram) {
  return std::accumulate(histogram.begin(), histogram.end(), std::uint64_t{0});
}

}  // namespace gvsl::data_loader
