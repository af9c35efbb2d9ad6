// Whether a field (N, 3, D, H, W), offsets in voxels, is one that a body could have made.
#pragma once

#include <ATen/core/Tensor.h>

namespace gvsl::model {

// Mean length of the offsets, in voxels; a scalar.
at::Tensor MeanDisplacement(const at::Tensor& field);

// Share of the voxels where p + field(p) folds: its Jacobian determinant, by forward differences,
// is not above 0. A scalar; 0 where an axis has one voxel, and so no difference.
at::Tensor FoldingShare(const at::Tensor& field);

}  // namespace gvsl::model
