#include "model/tasks/sliding_window.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

namespace gvsl::model {
namespace {

std::vector<std::int64_t> Starts(std::int64_t size, std::int64_t window) {
  std::vector<std::int64_t> starts;
  const std::int64_t stride = std::max<std::int64_t>(1, window / 2);
  for (std::int64_t start = 0; start + window < size; start += stride) starts.push_back(start);
  starts.push_back(std::max<std::int64_t>(0, size - window));
  return starts;
}

// The part of the last three axes of `from` that begins at `origin`, where it ends too.
at::Tensor Part(at::Tensor from, const VolumeExtent& origin, const VolumeExtent& extent) {
  for (int axis = 0; axis < 3; ++axis) {
    from = from.narrow(axis - 3, origin[axis], extent[axis]);
  }
  return from;
}

// How much of a window lies in the volume.
VolumeExtent Inside(const VolumeExtent& size, const VolumeExtent& window,
                    const VolumeExtent& origin) {
  VolumeExtent inside{};
  for (int axis = 0; axis < 3; ++axis) {
    inside[axis] = std::min(window[axis], size[axis] - origin[axis]);
  }
  return inside;
}

}  // namespace

std::vector<VolumeExtent> WindowOrigins(const VolumeExtent& size, const VolumeExtent& window) {
  std::vector<VolumeExtent> origins;
  for (const std::int64_t z : Starts(size[0], window[0])) {
    for (const std::int64_t y : Starts(size[1], window[1])) {
      for (const std::int64_t x : Starts(size[2], window[2])) origins.push_back({z, y, x});
    }
  }
  return origins;
}

void ForEachWindow(const at::Tensor& volume, const VolumeExtent& window, const VisitWindow& visit,
                   const GoesOn& goes_on) {
  const at::NoGradGuard no_graph;
  const VolumeExtent size = {volume.size(0), volume.size(1), volume.size(2)};
  bool first = true;
  for (const VolumeExtent& origin : WindowOrigins(size, window)) {
    if (!std::exchange(first, false) && !goes_on()) return;
    const VolumeExtent inside = Inside(size, window, origin);
    at::Tensor crop = at::zeros({1, 1, window[0], window[1], window[2]}, volume.options());
    Part(crop, {0, 0, 0}, inside).copy_(Part(volume, origin, inside));
    visit(crop, origin);
  }
}

at::Tensor SumOverWindows(const at::Tensor& volume, const VolumeExtent& window,
                          const SeeWindow& see, const GoesOn& goes_on) {
  const VolumeExtent size = {volume.size(0), volume.size(1), volume.size(2)};
  at::Tensor sums;
  const auto add = [&](const at::Tensor& crop, const VolumeExtent& origin) {
    const at::Tensor seen = see(crop, origin)[0].to(at::kCPU);
    if (!sums.defined()) {
      sums = at::zeros({seen.size(0), size[0], size[1], size[2]}, seen.options());
    }
    const VolumeExtent inside = Inside(size, window, origin);
    Part(sums, origin, inside).add_(Part(seen, {0, 0, 0}, inside));
  };
  ForEachWindow(volume, window, add, goes_on);
  return sums;
}

at::Tensor GreatestClass(const at::Tensor& sums) { return sums.argmax(0); }

}  // namespace gvsl::model
