// What GVSL trains on. Each loss is a scalar of the arguments' type with a graph; means run over
// the batch too.
#pragma once

#include <ATen/core/Tensor.h>

namespace gvsl::model {

// 1 - mean(cc), cc = cross^2 / (var_I * var_J + 1e-5) over windows of 9^3 voxels (729 everywhere,
// zeros outside): cross = S(IJ) - S(I)S(J)/729, var = S(I^2) - S(I)^2/729. Differentiable in both
// volumes (N, C, D, H, W); computed in float64 inside, by separable box filters.
at::Tensor NccLoss(const at::Tensor& image, const at::Tensor& other);

// Mean over the three axes of the mean squared forward difference of a field (N, 3, D, H, W); an
// axis of one voxel counts 0.
at::Tensor SmoothLoss(const at::Tensor& field);

// Mean squared error.
at::Tensor RestorationLoss(const at::Tensor& restored, const at::Tensor& clean);

// (N, C): (2 * sum(p g) + 1) / (sum(p^2) + sum(g^2) + 1) of each class, background included.
// Probabilities (N, C, D, H, W); labels (N, D, H, W), int64, in [0, C), or -1 where a voxel is of
// no class, as beyond the end of a volume.
at::Tensor SoftDice(const at::Tensor& probabilities, const at::Tensor& labels);

// 1 - the mean of SoftDice.
at::Tensor DiceLoss(const at::Tensor& probabilities, const at::Tensor& labels);

}  // namespace gvsl::model
