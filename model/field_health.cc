#include "model/field_health.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace gvsl::model {
namespace {

// The forward difference along a spatial axis, at all voxels that have neighbours along all axes.
at::Tensor Difference(const at::Tensor& field, int along) {
  at::Tensor here = field;
  at::Tensor next = field;
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t count = field.size(axis + 2) - 1;
    here = here.narrow(axis + 2, 0, count);
    next = next.narrow(axis + 2, axis == along ? 1 : 0, count);
  }
  return next - here;
}

}  // namespace

at::Tensor MeanDisplacement(const at::Tensor& field) { return field.square().sum(1).sqrt().mean(); }

at::Tensor FoldingShare(const at::Tensor& field) {
  if (std::min({field.size(2), field.size(3), field.size(4)}) < 2) {
    return at::zeros({}, field.options());
  }
  // Entry (c, a): how component c of the moved point changes along axis a.
  at::Tensor jacobian[3][3];
  for (int axis = 0; axis < 3; ++axis) {
    const at::Tensor change = Difference(field, axis);
    for (int component = 0; component < 3; ++component) {
      jacobian[component][axis] = change.select(1, component) + (component == axis ? 1 : 0);
    }
  }
  const auto minor = [&](int first, int second) {
    return jacobian[1][first] * jacobian[2][second] - jacobian[1][second] * jacobian[2][first];
  };
  const at::Tensor determinant =
      jacobian[0][0] * minor(1, 2) - jacobian[0][1] * minor(0, 2) + jacobian[0][2] * minor(0, 1);
  return (determinant <= 0).to(field.scalar_type()).mean();
}

}  // namespace gvsl::model
