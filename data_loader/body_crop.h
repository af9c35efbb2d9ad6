// Cutting a volume down to the body in it. Pure.
//
// What counts as body: voxels above -500 HU in CT; else above a fifth of the way from what is dark
// (the median below Otsu's threshold) to what is bright (the median above it). Of these, what is
// thinner than 6 mm along any axis is passed over (a table's shell, tubes, wires), then boards
// (a table: less than 20 mm thick from back to front on the average, and twelve times as broad),
// then pieces of less than a fiftieth of the largest one's voxels. Arms stay.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "data_loader/dataset_part.h"
#include "data_loader/orientation.h"

namespace gvsl::data_loader {

// The smallest box with the body and `margin` mm around it, within the image; nothing where no body
// is found, or what is found would be under a hundredth of the image. `image` is RAS, before the
// window (voxels are HU in CT).
std::optional<VoxelBox> FindBody(const Image& image, const std::string& modality, double margin);

// The smallest box with `box` and every voxel that has a label.
VoxelBox WithLabels(const VoxelBox& box, const std::array<std::int64_t, 3>& size,
                    std::span<const std::int32_t> labels);

// Leaves of voxels, labels and grid what lies in the box; a place in mm has the voxel that it had.
// `cut` says what was done; a box of the whole volume changes nothing.
void CropTo(const VoxelBox& box, NewVolume& volume);

}  // namespace gvsl::data_loader
