// What the methods that restore a volume do to it first, and where their error counts.
#include <set>

#include "model/methods/masks.h"
#include "tests/model/method_fixture.h"

namespace gvsl::model {
namespace {

Philox Draws(std::uint64_t seed) { return Philox(seed, DrawPurpose::kDamage, 0, 0); }

TEST(Masks, ABoxMaskHidesAtLeastItsShareAndNotMuchMore) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Philox draws = Draws(seed);
    const at::Tensor mask = DrawBoxMask({20, 30, 40}, 0.25, draws);
    EXPECT_GE(mask.mean().item<double>(), 0.25);
    EXPECT_LT(mask.mean().item<double>(), 0.25 + 1.0 / 27);
    EXPECT_TRUE(at::equal(mask, mask * mask)) << "0 and 1 alone";
  }
}

TEST(Masks, AGridMaskHidesWholeBlocksAndItsShareOfThem) {
  Philox draws = Draws(1);
  const at::Tensor mask = DrawGridMask({64, 64, 64}, 0.75, draws);
  const at::Tensor blocks = at::avg_pool3d(mask, 16);
  EXPECT_EQ(blocks.sum().item<double>(), 48) << "of 64 blocks";
  EXPECT_TRUE(at::equal(blocks, blocks * blocks)) << "none is hidden in part";
}

TEST(Masks, AShortAxisAndOneVoxelAreNoTrouble) {
  Philox draws = Draws(1);
  EXPECT_GE(DrawBoxMask({1, 5, 17}, 0.25, draws).mean().item<double>(), 0.25);
  EXPECT_GT(DrawGridMask({1, 5, 17}, 0.75, draws).mean().item<double>(), 0.5);
}

TEST(Denoising, AddsNoiseOfATenthOfTheRange) {
  const auto inputs = Make("denoising")->Augment(Samples(0, 0));
  const at::Tensor noise = inputs.at("damaged") - inputs.at("clean");
  EXPECT_NEAR(noise.mean().item<double>(), 0, 0.01);
  EXPECT_NEAR(noise.std().item<double>(), 0.1, 0.005);
  EXPECT_FALSE(inputs.contains("counted"));
}

TEST(Inpainting, HidesAQuarterBehindTheMeanAndCountsTheErrorThere) {
  const auto inputs = Make("inpainting")->Augment(Samples(0, 0));
  const at::Tensor hidden = inputs.at("counted") > 0;
  EXPECT_GE(hidden.to(at::kFloat).mean().item<double>(), 0.25);
  const at::Tensor inside = inputs.at("damaged").masked_select(hidden);
  EXPECT_LT((inside - inputs.at("clean").mean()).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(at::equal(inputs.at("damaged").masked_select(~hidden),
                        inputs.at("clean").masked_select(~hidden)));
}

TEST(Mae, HidesThreeQuartersBehindZero) {
  const auto inputs = Make("mae")->Augment(Samples(0, 0));
  const at::Tensor hidden = inputs.at("counted") > 0;
  EXPECT_NEAR(hidden.to(at::kFloat).mean().item<double>(), 0.75, 0.1);
  EXPECT_EQ(inputs.at("damaged").masked_select(hidden).abs().max().item<double>(), 0);
}

TEST(RestorationMethods, AnErrorCountsWhereSomethingWasHiddenAlone) {
  for (const char* name : {"inpainting", "mae"}) {
    const auto method = Make(name);
    Inputs inputs = method->Augment(Samples(0, 0));
    const double before = Part(method->Forward(inputs), "restoration");
    inputs["clean"] =
        at::where(inputs.at("counted") > 0, inputs.at("clean"), inputs.at("clean") + 5);
    EXPECT_EQ(Part(method->Forward(inputs), "restoration"), before) << name;
    inputs["clean"] = inputs.at("clean") + 5;
    EXPECT_GT(Part(method->Forward(inputs), "restoration"), before + 1) << name;
  }
}

TEST(ModelsGenesis, DamagesInManyWaysWithinTheRange) {
  const auto method = Make("models-genesis");
  std::set<int> changed_shares;
  for (std::uint32_t item = 0; item < 12; ++item) {
    const auto inputs = method->Augment(Samples(0, item));
    const at::Tensor damaged = inputs.at("damaged");
    EXPECT_GE(damaged.min().item<double>(), 0);
    EXPECT_LE(damaged.max().item<double>(), 1);
    const at::Tensor changed = (damaged - inputs.at("clean")).abs() > 0.02;
    changed_shares.insert(static_cast<int>(10 * changed.to(at::kFloat).mean().item<double>()));
  }
  EXPECT_GT(changed_shares.size(), 2U);
}

TEST(RestorationMethods, DrawTheSameAgainAndOthersForAnotherStep) {
  for (const char* name : {"denoising", "inpainting", "models-genesis", "mae"}) {
    const auto method = Make(name);
    auto samples = Samples(0, 0);
    const at::Tensor once = method->Augment(samples).at("damaged");
    EXPECT_TRUE(at::equal(method->Augment(samples).at("damaged"), once)) << name;
    ++samples[0].key.step;
    EXPECT_FALSE(at::equal(method->Augment(samples).at("damaged"), once)) << name;
  }
}

TEST(RestorationMethods, HaveTheReleasedNamesOfUNetAndHead) {
  const NamedTensors gvsl = Make("gvsl-no-matching")->NamedParameters();
  for (const char* name : {"denoising", "inpainting", "models-genesis", "mae"}) {
    const NamedTensors own = Make(name)->NamedParameters();
    ASSERT_EQ(own.size(), gvsl.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
      EXPECT_EQ(own[i].first, gvsl[i].first);
      EXPECT_TRUE(at::equal(own[i].second, gvsl[i].second)) << "all begin alike: " << own[i].first;
    }
  }
}

TEST(Scratch, NoParameterHasAGradientButTheNetworkIsWhole) {
  const auto method = Make("scratch");
  const auto outcomes = Step(*method, {method->Augment(Samples(0, 0))});
  EXPECT_EQ(Part(outcomes[0], "total"), 0);
  EXPECT_EQ(FlatGradient(*method).abs().max().item<double>(), 0);
  EXPECT_EQ(method->NamedParameters().size(), 72U);
}

}  // namespace
}  // namespace gvsl::model
