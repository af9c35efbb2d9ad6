// Affine maps of volumes in voxels, about the middle of the volume, and dense fields.
//
// A matrix is (N, 3, 4) = [L | t] in the axis order x (= W), y (= H), z (= D). It moves the voxel p
// to M(p) = L (p - c) + t + c with c = ((W-1)/2, (H-1)/2, (D-1)/2). A field is (N, 3, D, H, W):
// offsets in voxels, channels in the order D, H, W. Gradients flow through everything here.
#pragma once

#include <ATen/core/Tensor.h>

namespace gvsl::model {

// Raw head values (N, 15) = rotation 3, scale 3, translation 3, shear 6 -> the same with rotation
// within +-pi/9, scale within 0.75..1.25, shear within +-pi/18 radians; translation stays.
at::Tensor LimitAffine(const at::Tensor& raw);

// Limited values (N, 15) -> [Shear * Scale * Rz * Ry * Rx | translation], (N, 3, 4).
at::Tensor AffineMatrix(const at::Tensor& limited);

// M(p) - p on the grid of `size` = (D, H, W); exactly zero for the identity.
at::Tensor AffineField(const at::Tensor& matrix, at::IntArrayRef size);

// psi(p) = M(p + u(p)) - p: the displacement u first, then the affine map, in one field.
at::Tensor FuseField(const at::Tensor& matrix, const at::Tensor& displacement);

}  // namespace gvsl::model
