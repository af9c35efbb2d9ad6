// Reading a volume at displaced voxels, differentiable in volume and field.
#pragma once

#include <ATen/core/Tensor.h>

namespace gvsl::model {

// out(p) = source[p + field(p)], trilinear in voxel coordinates; every corner outside the volume
// counts as 0. A zero field gives the source back bit by bit.
//
// source (N, C, D, H, W), field (N, 3, D, H, W) with channels D, H, W in voxels; both float32 or
// both float64, on one device. Throws c10::Error when they do not fit together. The bits of value
// and gradients do not depend on the number of threads; those of a GPU are other than the CPU's.
at::Tensor WarpByField(const at::Tensor& source, const at::Tensor& field);

}  // namespace gvsl::model
