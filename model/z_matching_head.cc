#include "model/z_matching_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <utility>

#include "model/affine_map.h"
#include "model/trilinear_sampler.h"

namespace gvsl::model {

AffineHead::AffineHead(DoubleConv features, ParameterList& parameters, std::int64_t width)
    : features_(std::move(features)),
      rotation_(parameters, "fc_rot", 8 * width, 3),
      scale_(parameters, "fc_scl", 8 * width, 3),
      translation_(parameters, "fc_trans", 8 * width, 3),
      shear_(parameters, "fc_shear", 8 * width, 6) {}

at::Tensor AffineHead::Forward(const at::Tensor& moving_global,
                               const at::Tensor& fixed_global) const {
  const at::Tensor pooled =
      features_.Forward(at::cat({moving_global, fixed_global}, 1)).mean({2, 3, 4});
  return at::cat({rotation_.Forward(pooled), scale_.Forward(pooled), translation_.Forward(pooled),
                  shear_.Forward(pooled)},
                 1);
}

DeformableHead::DeformableHead(DoubleConv features, ParameterList& parameters, std::int64_t width)
    : features_(std::move(features)), displacement_(parameters, "out_flow", width / 2, 3, 3) {}

at::Tensor DeformableHead::Forward(const at::Tensor& moving_local,
                                   const at::Tensor& fixed_local) const {
  return displacement_.Forward(features_.Forward(at::cat({moving_local, fixed_local}, 1)));
}

at::Tensor WholeField(const Matching& matching) {
  if (!matching.first_field.defined()) return matching.field;
  return matching.field + WarpByField(matching.first_field, matching.field);
}

at::Tensor WarpMoving(const Matching& matching, const at::Tensor& moving) {
  if (!matching.first_field.defined()) return WarpByField(moving, matching.field);
  return WarpByField(WarpByField(moving, matching.first_field), matching.field);
}

Matching Match(const std::optional<AffineHead>& affine, const DeformableHead& deformable,
               const Features& fixed, const Features& moving, Geometry geometry) {
  const bool released = geometry == Geometry::kReleased;
  Matching result;
  if (!affine) {
    result.aligned = moving.local;
    result.displacement = deformable.Forward(moving.local, fixed.local);
    result.field = released ? ReleasedReading(result.displacement) : result.displacement;
    return result;
  }
  const at::IntArrayRef size = moving.local.sizes().slice(2);
  result.raw = affine->Forward(moving.global, fixed.global);
  result.matrix = AffineMatrix(LimitAffine(result.raw));
  const at::Tensor reading =
      AffineField(released ? ReleasedAffineMatrix(result.matrix, size) : result.matrix, size);
  result.aligned = WarpByField(moving.local, reading);
  result.displacement = deformable.Forward(result.aligned, fixed.local);
  if (released) {
    result.first_field = reading;
    result.field = ReleasedReading(result.displacement);
  } else {
    result.field = FuseField(result.matrix, result.displacement);
  }
  return result;
}

}  // namespace gvsl::model
