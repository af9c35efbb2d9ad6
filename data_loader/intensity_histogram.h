// How the windowed voxels of a volume spread over 0..1. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace gvsl::data_loader {

inline constexpr std::size_t kIntensityBins = 64;

// Voxels by bin; bin k holds values from k/64 up to (k+1)/64, the last one 1 too.
using IntensityHistogram = std::array<std::uint64_t, kIntensityBins>;

// Of values beyond 0..1, which no window leaves, the first and the last bin hold their side's; the
// counts always add up to the number of voxels.
IntensityHistogram CountIntensities(std::span<const float> voxels);

// All its voxels.
std::uint64_t CountOf(const IntensityHistogram& histogram);

}  // namespace gvsl::data_loader
