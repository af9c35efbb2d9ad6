#include "model/trilinear_sampler.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <limits>

#include "model/affine_map.h"
#include "tests/model/test_volumes.h"

namespace gvsl::model {
namespace {

at::Tensor ShiftField(const at::Tensor& volume, double z, double y, double x) {
  at::Tensor field = at::zeros({volume.size(0), 3, volume.size(2), volume.size(3), volume.size(4)},
                               volume.options());
  field.select(1, 0).fill_(z);
  field.select(1, 1).fill_(y);
  field.select(1, 2).fill_(x);
  return field;
}

TEST(TrilinearSampler, AWholeShiftMovesVoxelsExactlyAndFillsWithZero) {
  const at::Tensor volume = Noise({2, 2, 5, 6, 7}, 1);
  const at::Tensor out = WarpByField(volume, ShiftField(volume, 1, 0, -2));
  at::Tensor expected = at::zeros_like(volume);
  expected.narrow(2, 0, 4).narrow(4, 2, 5).copy_(volume.narrow(2, 1, 4).narrow(4, 0, 5));
  EXPECT_TRUE(at::equal(out, expected));
}

TEST(TrilinearSampler, CornersOutsideCountAsZeroOneByOne) {
  const at::Tensor ones = at::ones({1, 1, 4, 4, 4});
  const at::Tensor out = WarpByField(ones, ShiftField(ones, 0.25, 0, 0));
  EXPECT_FLOAT_EQ(out[0][0][0][1][1].item<float>(), 1.0F);
  EXPECT_FLOAT_EQ(out[0][0][3][1][1].item<float>(), 0.75F);
}

TEST(TrilinearSampler, FarAndUndefinedOffsetsReadNothing) {
  const at::Tensor ones = at::ones({1, 1, 3, 3, 3});
  for (const double far : {1e30, -1e30, 3e9, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(WarpByField(ones, ShiftField(ones, 0, far, 0)).abs().sum().item<float>(), 0) << far;
  }
}

TEST(TrilinearSampler, TheIdentityMapIsExactOnOddAndEvenSizes) {
  for (const std::int64_t n : {4, 5, 16, 21}) {
    const at::Tensor volume = Noise({1, 1, n, n + 1, n + 2}, 3);
    at::Tensor raw = at::zeros({1, 15});
    const at::Tensor matrix = AffineMatrix(LimitAffine(raw));
    const at::Tensor field = FuseField(matrix, at::zeros({1, 3, n, n + 1, n + 2}));
    EXPECT_TRUE(at::equal(WarpByField(volume, field), volume)) << n;
  }
}

TEST(TrilinearSampler, GradientsMeetFiniteDifferences) {
  const at::Tensor source = Noise({1, 2, 3, 4, 3}, 5).to(at::kDouble);
  const at::Tensor field = (4 * Noise({1, 3, 3, 4, 3}, 6) - 2).to(at::kDouble) + 0.013;
  const at::Tensor weight = Noise({1, 2, 3, 4, 3}, 7).to(at::kDouble);
  const auto value = [&](const at::Tensor& s, const at::Tensor& f) {
    return (WarpByField(s, f) * weight).sum();
  };
  const at::Tensor s = source.clone().requires_grad_(true);
  const at::Tensor f = field.clone().requires_grad_(true);
  value(s, f).backward();
  const double step = 1e-6;
  for (const bool of_field : {false, true}) {
    const at::Tensor& leaf = of_field ? f : s;
    for (std::int64_t i = 0; i < leaf.numel(); ++i) {
      at::Tensor nudge = at::zeros_like(leaf).detach();
      nudge.view({-1})[i] = step;
      const at::Tensor up = of_field ? value(source, field + nudge) : value(source + nudge, field);
      const at::Tensor down =
          of_field ? value(source, field - nudge) : value(source - nudge, field);
      const double slope = (up - down).item<double>() / (2 * step);
      EXPECT_NEAR(leaf.grad().view({-1})[i].item<double>(), slope, 1e-7) << of_field << " " << i;
    }
  }
}

TEST(TrilinearSampler, BitsOfValueAndGradientsDoNotDependOnTheNumberOfThreads) {
  const at::Tensor source = Noise({2, 19, 12, 10, 14}, 8);
  const at::Tensor field = 8 * Noise({2, 3, 12, 10, 14}, 9) - 4;
  const at::Tensor cotangent = Noise({2, 19, 12, 10, 14}, 10);
  std::vector<at::Tensor> first;
  const int threads_before = at::get_num_threads();
  for (const int threads : {1, 2, 3, 7}) {
    at::set_num_threads(threads);
    const at::Tensor s = source.clone().requires_grad_(true);
    const at::Tensor f = field.clone().requires_grad_(true);
    const at::Tensor out = WarpByField(s, f);
    out.backward(cotangent);
    if (first.empty()) first = {out.detach(), s.grad(), f.grad()};
    EXPECT_TRUE(at::equal(out, first[0])) << threads;
    EXPECT_TRUE(at::equal(s.grad(), first[1])) << threads;
    EXPECT_TRUE(at::equal(f.grad(), first[2])) << threads;
  }
  at::set_num_threads(threads_before);
}

TEST(TrilinearSampler, RefusesAFieldThatDoesNotFit) {
  const at::Tensor volume = at::ones({1, 1, 4, 4, 4});
  EXPECT_THROW(WarpByField(volume, at::zeros({1, 3, 4, 4, 5})), c10::Error);
  EXPECT_THROW(WarpByField(volume, at::zeros({2, 3, 4, 4, 4})), c10::Error);
  EXPECT_THROW(WarpByField(volume, at::zeros({1, 3, 4, 4, 4}, at::kDouble)), c10::Error);
}

}  // namespace
}  // namespace gvsl::model
