#include "model/affine_map.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tan.h>
#include <ATen/ops/zeros_like.h>

#include <numbers>
#include <vector>

namespace gvsl::model {
namespace {

constexpr double kRotationLimit = std::numbers::pi / 9;
constexpr double kScaleLimit = 0.25;
constexpr double kShearLimit = std::numbers::pi / 18;

// Nine columns of N values, row by row -> (N, 3, 3).
at::Tensor Matrix3x3(const std::vector<at::Tensor>& entries) {
  return at::stack(entries, 1).view({-1, 3, 3});
}

at::Tensor RotationMatrix(const at::Tensor& angles) {
  const at::Tensor c = at::cos(angles);
  const at::Tensor s = at::sin(angles);
  const at::Tensor one = at::ones_like(c.select(1, 0));
  const at::Tensor zero = at::zeros_like(one);
  const auto cos = [&c](int k) { return c.select(1, k); };
  const auto sin = [&s](int k) { return s.select(1, k); };
  const at::Tensor x = Matrix3x3({one, zero, zero, zero, cos(0), -sin(0), zero, sin(0), cos(0)});
  const at::Tensor y = Matrix3x3({cos(1), zero, sin(1), zero, one, zero, -sin(1), zero, cos(1)});
  const at::Tensor z = Matrix3x3({cos(2), -sin(2), zero, sin(2), cos(2), zero, zero, zero, one});
  return at::bmm(at::bmm(z, y), x);
}

at::Tensor ShearMatrix(const at::Tensor& angles) {
  const at::Tensor t = at::tan(angles);
  const at::Tensor one = at::ones_like(t.select(1, 0));
  const auto tan = [&t](int k) { return t.select(1, k); };
  return Matrix3x3({one, tan(0), tan(1), tan(2), one, tan(3), tan(4), tan(5), one});
}

// L - identity and t in the axis order D, H, W of fields: (N, 3, 3) and (N, 3).
std::pair<at::Tensor, at::Tensor> FieldOrder(const at::Tensor& matrix) {
  const at::Tensor linear = matrix.narrow(2, 0, 3) - at::eye(3, matrix.options());
  return {linear.flip({1, 2}), matrix.select(2, 3).flip({1})};
}

at::Tensor CentredRamp(std::int64_t n, const at::Tensor& like) {
  return at::arange(n, like.options()) - static_cast<double>(n - 1) / 2;
}

}  // namespace

at::Tensor LimitAffine(const at::Tensor& raw) {
  const at::Tensor clamped = at::clamp(raw, -1, 1);
  return at::cat(
      {clamped.narrow(1, 0, 3) * kRotationLimit, 1 + kScaleLimit * clamped.narrow(1, 3, 3),
       raw.narrow(1, 6, 3), clamped.narrow(1, 9, 6) * kShearLimit},
      1);
}

at::Tensor AffineMatrix(const at::Tensor& limited) {
  const at::Tensor scale = limited.narrow(1, 3, 3).unsqueeze(1);
  const at::Tensor linear = at::bmm(ShearMatrix(limited.narrow(1, 9, 6)) * scale,
                                    RotationMatrix(limited.narrow(1, 0, 3)));
  return at::cat({linear, limited.narrow(1, 6, 3).unsqueeze(2)}, 2);
}

at::Tensor AffineField(const at::Tensor& matrix, at::IntArrayRef size) {
  const auto [linear, translation] = FieldOrder(matrix);
  at::Tensor field = translation.view({-1, 3, 1, 1, 1});
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<std::int64_t> shape = {1, 1, 1, 1, 1};
    shape[axis + 2] = size[axis];
    const at::Tensor column = linear.select(2, axis).reshape({-1, 3, 1, 1, 1});
    field = field + column * CentredRamp(size[axis], matrix).view(shape);
  }
  return field;
}

at::Tensor FuseField(const at::Tensor& matrix, const at::Tensor& displacement) {
  const at::Tensor linear = FieldOrder(matrix).first;
  const at::Tensor turned = at::bmm(linear, displacement.flatten(2)).view(displacement.sizes());
  return AffineField(matrix, displacement.sizes().slice(2)) + displacement + turned;
}

}  // namespace gvsl::model
