// Seeing a whole volume through windows that overlap by half, as GVSL's released evaluation does.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace gvsl::model {

using VolumeExtent = std::array<std::int64_t, 3>;  // voxels z, y, x

// First voxel of each window: every half window from 0 on along each axis, and one flush with the
// end; none twice. An axis that is no longer than the window has the one at 0.
std::vector<VolumeExtent> WindowOrigins(const VolumeExtent& size, const VolumeExtent& window);

// Calls `see` for every window of `volume` (D, H, W) with what lies in it: (1, 1, *window), zeros
// beyond the volume's end.
void ForEachWindow(
    const at::Tensor& volume, const VolumeExtent& window,
    const std::function<void(const at::Tensor& crop, const VolumeExtent& origin)>& see);

// What is seen in one window, which is (1, 1, *window) with zeros beyond the volume's end; the
// answer is (1, C, *window).
using SeeWindow = std::function<at::Tensor(const at::Tensor& volume, const VolumeExtent& origin)>;

// Sums what `see` says of all windows of `volume` (D, H, W): (C, D, H, W), on the volume's device.
// No graph is recorded.
at::Tensor SumOverWindows(const at::Tensor& volume, const VolumeExtent& window,
                          const SeeWindow& see);

// The class of the greatest sum at each voxel, the lowest of equals: (D, H, W), int64.
at::Tensor GreatestClass(const at::Tensor& sums);

}  // namespace gvsl::model
