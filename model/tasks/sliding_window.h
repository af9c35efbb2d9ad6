// Seeing a whole volume through windows that overlap by half, as GVSL's released evaluation does.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "model/goes_on.h"

namespace gvsl::model {

using VolumeExtent = std::array<std::int64_t, 3>;  // voxels z, y, x

// First voxel of each window: every half window from 0 on along each axis, and one flush with the
// end; none twice. An axis that is no longer than the window has the one at 0.
std::vector<VolumeExtent> WindowOrigins(const VolumeExtent& size, const VolumeExtent& window);

// What is done with one window: `crop` is what lies in it, (1, 1, *window), zeros beyond the
// volume's end.
using VisitWindow = std::function<void(const at::Tensor& crop, const VolumeExtent& origin)>;
// Visits the windows of `volume` (D, H, W) without a graph. Asks `goes_on` before each but the
// first; where that answers false, the rest is left out.
void ForEachWindow(
    const at::Tensor& volume, const VolumeExtent& window, const VisitWindow& visit,
    const GoesOn& goes_on = [] { return true; });

// What is seen in one window: (1, C, *window).
using SeeWindow = std::function<at::Tensor(const at::Tensor& crop, const VolumeExtent& origin)>;
// The sum of what `see` says of all windows: (C, D, H, W), in the host's memory.
at::Tensor SumOverWindows(
    const at::Tensor& volume, const VolumeExtent& window, const SeeWindow& see,
    const GoesOn& goes_on = [] { return true; });

// The class of the greatest sum at each voxel, the lowest of equals: (D, H, W), int64.
at::Tensor GreatestClass(const at::Tensor& sums);

}  // namespace gvsl::model
