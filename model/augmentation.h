// From crops to what networks and losses see. Pure functions of a sample: its key names every draw.
// Draws and appearance are the processor's on every device; results lie on `device`, their values
// are in [0, 1].
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "common/philox.h"
#include "model/appearance.h"
#include "model/method.h"

namespace gvsl::model {

// The sample's draws for a purpose; `view` tells apart several of the same.
Philox SampleDraws(const SampleKey& key, DrawPurpose purpose, std::uint32_t view = 0);

// A copy of `volume` (1, D, H, W), float32 on the CPU, after `damage`.
at::Tensor Damaged(const at::Tensor& volume, Philox draws,
                   const std::function<void(const MutableVolume&, Philox&)>& damage);

// (1, C, D, H, W): volumes of one size (1, D, H, W) each, all read through the same random field
// (spatial.h).
at::Tensor WarpTogether(const std::vector<at::Tensor>& volumes, const SampleKey& key,
                        at::Device device);

// (1, 3, D, H, W): A, A with its appearance damaged, B; all three read through the same random
// field. A and B must have one size (c10::Error otherwise).
at::Tensor AugmentPair(const PairSample& sample, at::Device device = at::kCPU);

// (1, 1, D, H, W): one of several views of A that agreement methods compare. A box of half to all
// of each axis, mirrored along W every other time, rotated within +-pi/9 (DrawZoomField);
// intensities bent with probability 0.8 (BendIntensities); smoothed by a Gaussian of 0.1 to 2
// voxels with probability 0.5. What SimCLR's random resized crop, flip, colour distortion and blur
// are for gray volumes.
at::Tensor AugmentView(const PairSample& sample, std::uint32_t view, at::Device device = at::kCPU);

// The samples' (1, C, D, H, W) as one batch (N, C, D, H, W).
at::Tensor Batch(const std::vector<PairSample>& samples,
                 const std::function<at::Tensor(const PairSample&)>& augment);

// That view of every sample, as one batch (N, 1, D, H, W).
at::Tensor BatchOfViews(const std::vector<PairSample>& samples, std::uint32_t view,
                        at::Device device);

}  // namespace gvsl::model
