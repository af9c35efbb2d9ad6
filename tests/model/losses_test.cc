#include "model/losses.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "model/box_filter.h"
#include "tests/model/test_volumes.h"

namespace gvsl::model {
namespace {

TEST(BoxSum, EqualsTheDenseConvolutionOnSizesAroundTheWindow) {
  for (const std::int64_t n : {1, 3, 8, 9, 14}) {
    const at::Tensor values = Noise({2, 1, n, n + 2, 2 * n}, 1).to(at::kDouble);
    const at::Tensor box = at::ones({1, 1, 9, 9, 9}, at::kDouble);
    const at::Tensor expected = at::conv3d(values, box, {}, 1, 4);
    EXPECT_LT((BoxSum(values, 4) - expected).abs().max().item<double>(), 1e-11) << n;
  }
}

TEST(NccLoss, OfAVolumeWithItselfIsNearZeroAndIgnoresBrightness) {
  const at::Tensor volume = Noise({1, 1, 16, 16, 16}, 2);
  EXPECT_LT(NccLoss(volume, volume).item<float>(), 1e-3);
  EXPECT_NEAR(NccLoss(volume * 0.5, volume).item<float>(), NccLoss(volume, volume).item<float>(),
              1e-3);
}

TEST(NccLoss, OfABatchIsTheMeanOfItsItems) {
  const at::Tensor image = Noise({3, 1, 10, 11, 12}, 3);
  const at::Tensor other = Noise({3, 1, 10, 11, 12}, 4);
  double sum = 0;
  for (int k = 0; k < 3; ++k) {
    sum += NccLoss(image.narrow(0, k, 1), other.narrow(0, k, 1)).item<double>();
  }
  EXPECT_NEAR(NccLoss(image, other).item<double>(), sum / 3, 1e-7);
}

TEST(NccLoss, OfEmptyVolumesIsOneWithAZeroGradient) {
  const at::Tensor image = at::zeros({1, 1, 8, 8, 8}).requires_grad_(true);
  const at::Tensor loss = NccLoss(image, at::zeros({1, 1, 8, 8, 8}));
  EXPECT_EQ(loss.item<float>(), 1);
  loss.backward();
  EXPECT_EQ(image.grad().abs().max().item<float>(), 0);
}

TEST(SmoothLoss, OfAConstantFieldIsZeroAndOfARampIsAThirdOfItsSquaredSlope) {
  EXPECT_EQ(SmoothLoss(at::ones({1, 3, 4, 5, 6})).item<float>(), 0);
  const at::Tensor ramp = (2 * at::arange(6, at::kFloat)).expand({1, 3, 4, 5, 6});
  EXPECT_FLOAT_EQ(SmoothLoss(ramp).item<float>(), 4.0F / 3);
}

TEST(SmoothLoss, CountsAnAxisOfOneVoxelAsZero) {
  const at::Tensor field = Noise({1, 3, 1, 5, 6}, 5);
  EXPECT_TRUE(std::isfinite(SmoothLoss(field).item<float>()));
}

}  // namespace
}  // namespace gvsl::model
