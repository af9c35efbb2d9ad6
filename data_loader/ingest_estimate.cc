#include "data_loader/ingest_estimate.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "data_loader/volume_check.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

// As read, turned, made coarser: three floats, and whatever a window or padding copies.
constexpr std::uint64_t kBytesPerOldVoxel = 16;
// As resampled, its labels, and what a library holds of them meanwhile.
constexpr std::uint64_t kBytesPerNewVoxel = 12;
constexpr std::uint64_t kLeastBody = 4;  // a crop to the body hardly leaves less than its fourth
constexpr std::uint64_t kBytesBeside = std::uint64_t{32} << 20;

std::uint64_t FileBytes(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

VolumeExtent ExtentOf(const PlannedVolume& planned) {
  const auto extent = Guarded(
      [&]() -> OrRejection<VolumeExtent> { return planned.reader->Extent(planned.source); });
  const auto* known = std::get_if<VolumeExtent>(&extent);
  return known != nullptr ? *known : VolumeExtent();
}

std::uint64_t NewVoxels(const VolumeExtent& extent, const PrepareOptions& options) {
  if (!options.spacing || !(extent.cubic_mm > 0)) return extent.voxels;
  const auto& [z, y, x] = *options.spacing;
  const double voxels = extent.cubic_mm / (z * y * x);
  return static_cast<std::uint64_t>(std::clamp(voxels, 0.0, static_cast<double>(kMostVoxels)));
}

}  // namespace

IngestEstimate EstimateVolume(const PlannedVolume& planned, const PrepareOptions& options,
                              bool is_done) {
  IngestEstimate estimate;
  for (const std::string& file : planned.source.files) estimate.input_bytes += FileBytes(file);
  VolumeExtent extent = ExtentOf(planned);
  extent.voxels = std::min(extent.voxels, static_cast<std::uint64_t>(kMostVoxels));
  const std::uint64_t new_voxels = NewVoxels(extent, options);
  const auto* label = std::get_if<std::optional<std::string>>(&planned.label);
  const bool labelled = label != nullptr && label->has_value();
  if (!is_done) estimate.part_bytes = new_voxels * (labelled ? 8 : 4);
  if (options.body_margin) estimate.part_bytes /= kLeastBody;
  estimate.memory_bytes =
      kBytesBeside + extent.voxels * kBytesPerOldVoxel + new_voxels * kBytesPerNewVoxel;
  return estimate;
}

}  // namespace gvsl::data_loader
