// What no volume of a dataset exceeds. Files that claim more are refused before memory is taken for
// them. docs/datasets.md names these numbers.
#pragma once

#include <cstdint>

namespace gvsl::data_loader {

inline constexpr std::int64_t kMostVoxels = std::int64_t{1} << 29;  // 512 x 512 x 2048; 2 GiB
inline constexpr std::int64_t kLongestAxis = 32767;                 // voxels, as in NIfTI-1
// Of all volumes that one NIfTI file claims to have; and what may follow them in gzip.
inline constexpr std::int64_t kMostFileBytes = std::int64_t{1} << 36;  // 64 GiB
inline constexpr std::int64_t kMostTrailingBytes = 1 << 24;
// Of compressed pixels nobody knows how many they will be: beyond the first number of voxels, a
// volume has at most so many for each byte of its files. Those of no scanner have as few bytes.
inline constexpr std::int64_t kVoxelsOfAnyBytes = std::int64_t{1} << 22;
inline constexpr std::int64_t kMostVoxelsPerByte = 1024;
// How many times as large a volume becomes by being moved onto another grid of its own spacing.
inline constexpr std::int64_t kMostGrowth = 16;
inline constexpr double kShortestSpacing = 1e-4;  // mm
inline constexpr double kLongestSpacing = 1e3;    // mm
inline constexpr double kFarthestOrigin = 1e6;    // mm from the frame's origin

}  // namespace gvsl::data_loader
