#include "model/augmentation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/appearance.h"
#include "model/intensity_curve.h"
#include "model/spatial.h"
#include "tests/model/test_volumes.h"

namespace gvsl::model {
namespace {

MutableVolume View(at::Tensor& volume) {
  return {{volume.size(0), volume.size(1), volume.size(2)},
          {volume.data_ptr<float>(), static_cast<std::size_t>(volume.numel())}};
}

Philox Draws(std::uint64_t step) { return Philox(1, DrawPurpose::kAppearance, step, 0); }

TEST(Augmentation, IsAPureFunctionOfTheSample) {
  const PairSample sample = MakeSample(20, {3, 4, 5, 6});
  EXPECT_TRUE(at::equal(AugmentPair(sample), AugmentPair(sample)));
}

TEST(Augmentation, DiffersWithEveryPartOfTheKey) {
  const PairSample sample = MakeSample(20, {3, 4, 5, 6});
  const at::Tensor first = AugmentPair(sample);
  for (const SampleKey key : {SampleKey{9, 4, 5, 6}, SampleKey{3, 9, 5, 6}, SampleKey{3, 4, 9, 6},
                              SampleKey{3, 4, 5, 9}}) {
    EXPECT_FALSE(at::equal(AugmentPair({sample.a, sample.b, key}), first));
  }
}

TEST(Augmentation, LeavesTheSampleItselfAlone) {
  const PairSample sample = MakeSample(20, {3, 4, 5, 6});
  const at::Tensor a = sample.a.clone();
  const at::Tensor b = sample.b.clone();
  AugmentPair(sample);
  EXPECT_TRUE(at::equal(sample.a, a));
  EXPECT_TRUE(at::equal(sample.b, b));
}

TEST(Augmentation, KeepsSizeAndTheRangeFromZeroToOne) {
  for (std::uint64_t step = 0; step < 10; ++step) {
    const at::Tensor all = AugmentPair(MakeSample(17, {1, step, 0, 0}));
    EXPECT_EQ(all.sizes(), (std::vector<std::int64_t>{1, 3, 17, 18, 19}));
    EXPECT_GE(all.min().item<float>(), 0);
    EXPECT_LE(all.max().item<float>(), 1);
  }
}

TEST(Augmentation, AppliesOneSpatialDrawAlikeAndDamagesTheInputOnly) {
  PairSample sample = MakeSample(24, {1, 2, 0, 0});
  sample.b = sample.a;
  const at::Tensor all = AugmentPair(sample);
  EXPECT_TRUE(at::equal(all.select(1, 0), all.select(1, 2)));
  EXPECT_FALSE(at::equal(all.select(1, 0), all.select(1, 1)));
}

TEST(Augmentation, RefusesVolumesOfTwoSizes) {
  PairSample sample = MakeSample(20, {});
  sample.b = at::zeros({1, 20, 20, 20});
  EXPECT_THROW(AugmentPair(sample), c10::Error);
}

TEST(SpatialDraw, TranslatesByUpToATenthOfEveryAxis) {
  const std::array<std::int64_t, 3> size = {20, 30, 40};
  std::array<double, 3> largest{};
  for (std::uint64_t step = 0; step < 200; ++step) {
    Philox draws = Draws(step);
    const at::Tensor field = DrawSpatialField(size, draws);
    ASSERT_TRUE(at::isfinite(field).all().item<bool>());
    // The affine map turns about the middle, so its mean is the translation; elastic offsets of
    // sigma >= 10 add less than 2 voxels to the mean.
    for (int axis = 0; axis < 3; ++axis) {
      const double mean = field.select(1, axis).mean().item<double>();
      largest[axis] = std::max(largest[axis], std::abs(mean));
    }
  }
  for (int axis = 0; axis < 3; ++axis) {
    EXPECT_LT(largest[axis], 0.1 * static_cast<double>(size[axis]) + 2) << axis;
    EXPECT_GT(largest[axis], 0.08 * static_cast<double>(size[axis])) << axis;
  }
}

TEST(ElasticField, OfAConstantIsFlatInTheMiddleAndFallsTowardsTheBorder) {
  const at::Tensor field = ElasticField(at::ones({1, 3, 90, 20, 20}), 10, 2);
  EXPECT_GT(field[0][0][45][10][10].item<float>(), field[0][0][0][10][10].item<float>());
  EXPECT_LT(field.max().item<float>(), 2);
}

TEST(LocalShuffling, KeepsValuesOfTheVolumeAndMovesThemNotFar) {
  at::Tensor volume = at::arange(40 * 40 * 40, at::kFloat).view({40, 40, 40});
  const at::Tensor before = volume.clone();
  Philox draws = Draws(1);
  ShuffleLocally(View(volume), draws);
  EXPECT_FALSE(at::equal(volume, before));
  // Boxes have 2 voxels a side: a value's row and column change by at most one.
  const at::Tensor moved = (volume - before).abs();
  EXPECT_LE(moved.max().item<float>(), 40 * 40 + 40 + 1);
}

TEST(LocalShuffling, DoesNothingOnAnAxisBelowTwentyVoxels) {
  at::Tensor volume = Noise({19, 40, 40}, 1);
  const at::Tensor before = volume.clone();
  Philox draws = Draws(1);
  ShuffleLocally(View(volume), draws);
  EXPECT_TRUE(at::equal(volume, before));
}

TEST(InPainting, KeepsThreeVoxelsAtEveryBorder) {
  for (std::uint64_t step = 0; step < 20; ++step) {
    at::Tensor volume = at::full({20, 25, 30}, 2.0);
    Philox draws = Draws(step);
    PaintBoxes(View(volume), draws);
    const at::Tensor painted = volume != 2;
    const at::Tensor inside = painted.slice(0, 3, 17).slice(1, 3, 22).slice(2, 3, 27);
    EXPECT_EQ(painted.sum().item<std::int64_t>(), inside.sum().item<std::int64_t>());
  }
}

TEST(InPainting, LeavesVolumesAloneInWhichNoBoxFits) {
  at::Tensor volume = at::full({6, 20, 20}, 2.0);
  Philox draws = Draws(1);
  PaintBoxes(View(volume), draws);
  EXPECT_EQ((volume != 2).sum().item<std::int64_t>(), 0);
}

TEST(IntensityCurve, RisesFromZeroToOneAndIsConstantBeyond) {
  const IntensityCurve curve({0.9, 0.1, 0.2, 0.8});
  EXPECT_EQ(curve.At(-1), 0);
  EXPECT_EQ(curve.At(0), 0);
  EXPECT_EQ(curve.At(1), 1);
  EXPECT_EQ(curve.At(7), 1);
  EXPECT_EQ(curve.At(std::nan("")), 0);
  double last = 0;
  for (int i = 1; i <= 1000; ++i) {
    EXPECT_GE(curve.At(i / 1000.0), last);
    last = curve.At(i / 1000.0);
  }
}

TEST(IntensityCurve, WithPointsOnTheDiagonalIsTheIdentity) {
  const IntensityCurve curve({1.0 / 3, 1.0 / 3, 2.0 / 3, 2.0 / 3});
  for (int i = 0; i <= 100; ++i) EXPECT_NEAR(curve.At(i / 100.0), i / 100.0, 1e-12);
}

}  // namespace
}  // namespace gvsl::model
