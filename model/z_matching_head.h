// The Z-matching head: how the moving volume must be deformed to lie on the fixed one, told from
// their features.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "model/layers.h"
#include "model/released_geometry.h"
#include "model/unet.h"

namespace gvsl::model {

// All of batch size N, on the fixed volume's grid; see affine_map.h for matrices and fields.
struct Matching {
  at::Tensor raw;           // (N, 15) affine head values; undefined without the affine head
  at::Tensor matrix;        // (N, 3, 4); undefined without the affine head
  at::Tensor aligned;       // moving local features, read through the affine map
  at::Tensor displacement;  // (N, 3, D, H, W), voxels
  at::Tensor field;         // affine map and displacement composed: moving is read once with it
  // Released geometry with an affine head only: moving is read with this first, then with `field`.
  at::Tensor first_field;
};

// A moving volume (N, C, D, H, W) as it lies on the fixed one's grid.
at::Tensor WarpMoving(const Matching& matching, const at::Tensor& moving);

// (N, 3, D, H, W): where the moving volume is read in the end, both readings of the released
// geometry composed.
at::Tensor WholeField(const Matching& matching);

// The affine half: `f_conv` and, in state-dict order after the deformable half, `fc_*`.
class AffineHead {
 public:
  AffineHead(DoubleConv features, ParameterList& parameters, std::int64_t width);
  at::Tensor Forward(const at::Tensor& moving_global, const at::Tensor& fixed_global) const;

 private:
  DoubleConv features_;
  Linear rotation_;
  Linear scale_;
  Linear translation_;
  Linear shear_;
};

// The dense half: `sp_conv` and `out_flow`.
class DeformableHead {
 public:
  DeformableHead(DoubleConv features, ParameterList& parameters, std::int64_t width);
  at::Tensor Forward(const at::Tensor& moving_local, const at::Tensor& fixed_local) const;

 private:
  DoubleConv features_;
  Conv3d displacement_;
};

// Without an affine head the displacement alone aligns.
Matching Match(const std::optional<AffineHead>& affine, const DeformableHead& deformable,
               const Features& fixed, const Features& moving, Geometry geometry);

}  // namespace gvsl::model
