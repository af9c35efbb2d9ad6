// Random spatial maps, one draw of which is applied alike to every volume of a sample.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/philox.h"

namespace gvsl::model {

// Volumes or fields (1, C, D, H, W) smoothed along D, H and W by a Gaussian of `sigma` voxels cut
// at int(4 * sigma + 0.5), zeros outside.
at::Tensor SmoothByGaussian(const at::Tensor& x, double sigma);

// Elastic offsets from uniform noise (1, 3, D, H, W): smoothed by a Gaussian of `sigma`
// voxels, times alpha.
at::Tensor ElasticField(const at::Tensor& noise, double sigma, double alpha);

// A field (1, 3, D, H, W), float32, of an affine map (rotation within +-pi/9, scale 0.75 to 1.25,
// shear within +-pi/18, translation within +-10 % of each axis) composed with an elastic field of
// sigma 10 to 13 and alpha 0 to 512. Draws are the processor's on every device.
at::Tensor DrawSpatialField(at::IntArrayRef size, Philox& draws, at::Device device = at::kCPU);

// A field (1, 3, D, H, W), float32, that shows a box of half to all of each axis, anywhere in the
// volume, in the volume's size; rotated within +-pi/9, and mirrored along W every other time. Draws
// are the processor's on every device.
at::Tensor DrawZoomField(at::IntArrayRef size, Philox& draws, at::Device device = at::kCPU);

}  // namespace gvsl::model
