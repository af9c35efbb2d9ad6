// Methods whose loss is of all slots together: that the exchange of rows gives the gradient of the
// joint loss, and what each of them makes of agreement.
#include <cmath>

#include "model/methods/projection_head.h"
#include "tests/model/method_fixture.h"

namespace gvsl::model {
namespace {

using ::testing::Each;
using ::testing::StartsWith;

class Agreement : public ::testing::TestWithParam<const char*> {
 protected:
  static std::vector<Inputs> TwoSlots(Method& method) {
    return {method.Augment(Samples(0, 0)), method.Augment(Samples(1, 1))};
  }
};

TEST_P(Agreement, TwoSlotsOfOneAreOneSlotOfTwo) {
  const auto split = Make(GetParam());
  const auto apart = Step(*split, TwoSlots(*split));
  const at::Tensor gradient = FlatGradient(*split) / 2;

  MethodOptions options = Options(GetParam());
  options.slots = 1;
  options.batch_per_slot = 2;
  const auto whole = Make(options);
  std::vector<Inputs> slots = TwoSlots(*whole);
  Inputs joined = slots[0];
  for (const char* view : {"view0", "view1"}) {
    joined[view] = at::cat({slots[0].at(view), slots[1].at(view)}, 0);
  }
  const auto together = Step(*whole, {joined});
  EXPECT_NEAR(Part(together[0], "total"), Part(apart[0], "total"), 1e-4);
  EXPECT_EQ(Part(apart[1], "total"), Part(apart[0], "total")) << "one loss for all slots";
  const at::Tensor expected = FlatGradient(*whole);
  EXPECT_GT(expected.norm().item<double>(), 0);
  EXPECT_LT(((gradient - expected).norm() / expected.norm()).item<double>(), 1e-2);
}

TEST_P(Agreement, TheDecoderStaysAndBelongsToTheWeights) {
  const auto method = Make(GetParam());
  std::vector<std::string> fixed;
  for (const auto& [name, tensor] : method->FixedWeights()) fixed.push_back(name);
  EXPECT_EQ(fixed.size(), 32U);
  EXPECT_THAT(fixed, Each(StartsWith("unet.up")));
}

TEST_P(Agreement, TheSpreadOfRowsThatAreAllAlikeIsZero) {
  const auto method = Make(GetParam());
  const auto inputs = TwoSlots(*method);
  method->Receive(at::zeros({2, method->SharedFloats()}));
  EXPECT_NEAR(Indicator(method->Forward(inputs[0]), "spread"), 0, 1e-6);
  const at::Tensor one = Noise({1, method->SharedFloats()}, 3);
  method->Receive(one + Noise({2, method->SharedFloats()}, 4) * 1e-5);
  EXPECT_LT(Indicator(method->Forward(inputs[0]), "spread"), 1e-4) << "nearly alike";
  EXPECT_GT(Indicator(Step(*method, inputs)[0], "spread"), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Method, Agreement, ::testing::Values("simsiam", "byol", "simclr"),
                         [](const auto& info) { return std::string(info.param); });

TEST(AgreementMethods, NeedTwoSamplesAStep) {
  MethodOptions options = Options("simclr");
  options.slots = 1;
  const auto refused = MakeMethod(options);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().violations()[0].field, "slots");
  options.batch_per_slot = 2;
  EXPECT_TRUE(MakeMethod(options).ok());
}

// The joint loss is an ordinary function of the parameters, so its slope along a direction can be
// measured.
TEST(SimClr, TheGradientIsTheSlopeOfTheLoss) {
  const auto method = Make("simclr");
  const std::vector<Inputs> slots = {method->Augment(Samples(0, 0)),
                                     method->Augment(Samples(1, 1))};
  Step(*method, slots);
  std::vector<at::Tensor> directions;
  double expected = 0;
  for (const auto& [name, parameter] : method->NamedParameters()) {
    directions.push_back(parameter.grad() / (parameter.grad().norm() + 1e-12));
    expected += (parameter.grad() * directions.back()).sum().item<double>() / 2;
  }
  const auto loss_at = [&](double distance) {
    const at::NoGradGuard no_graph;
    const NamedTensors parameters = method->NamedParameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      at::Tensor handle = parameters[i].second;
      handle.add_(directions[i], distance);
    }
    std::vector<at::Tensor> rows;
    for (const Inputs& inputs : slots) rows.push_back(method->Share(inputs));
    const at::AutoGradMode graph(true);
    method->Receive(at::stack(rows));
    return Part(method->Forward(slots[0]), "total");
  };
  constexpr double kStep = 2e-4;
  const double above = loss_at(kStep);
  const double below = loss_at(-2 * kStep);
  EXPECT_NEAR((above - below) / (2 * kStep), expected, 0.05 * std::abs(expected));
}

TEST(SimClr, AmongViewsThatAreAllAlikeTheLossIsTheLogarithmOfTheirNumber) {
  const auto method = Make("simclr");
  method->Receive(at::zeros({2, method->SharedFloats()}));
  EXPECT_NEAR(Part(method->Forward(method->Augment(Samples(0, 0))), "contrast"), std::log(3), 1e-4);
}

TEST(SimClr, ThePartnerIsTheOtherViewOfTheSameVolume) {
  const auto method = Make("simclr");
  const std::int64_t channels = method->SharedFloats() / 2;
  const at::Tensor features = Noise({2, channels}, 5) * 8;
  const Inputs inputs = method->Augment(Samples(0, 0));
  method->Receive(at::cat({features, features}, 1));
  const double agreeing = Part(method->Forward(inputs), "contrast");
  method->Receive(at::cat({features, features.flip(0)}, 1));
  EXPECT_LT(agreeing, Part(method->Forward(inputs), "contrast"));
}

TEST(Byol, TheTargetFollowsSlowlyAndStandsStillAtTheEnd) {
  const auto method = Make("byol");
  const std::string name = "unet.inc.double_conv.0.weight";
  at::Tensor online = Named(method->NamedParameters(), name);
  const at::Tensor target = Named(method->NamedState(), "target." + name);
  EXPECT_TRUE(at::equal(target, online)) << "they begin alike";
  {
    const at::NoGradGuard no_graph;
    online.add_(1);
  }
  const at::Tensor before = target.clone();
  method->AfterUpdate(1);
  const double moved = (target - before).mean().item<double>();
  EXPECT_NEAR(moved, 0.004, 0.0005);
  method->AfterUpdate(10);
  EXPECT_NEAR((target - before).mean().item<double>(), moved, 1e-6);
}

TEST(Byol, PassesNoGradientToTheTarget) {
  const auto byol = Make("byol");
  Step(*byol, {byol->Augment(Samples(0, 0)), byol->Augment(Samples(1, 1))});
  for (const auto& [name, tensor] : byol->NamedState()) {
    EXPECT_FALSE(tensor.requires_grad()) << name;
    EXPECT_FALSE(tensor.grad().defined()) << name;
  }
  EXPECT_GT(FlatGradient(*byol).norm().item<double>(), 0);
}

TEST(ProjectionHead, NormalisesOverTheRowsItIsGiven) {
  ParameterList parameters{at::TensorOptions(at::kFloat)};
  const ProjectionHead head(parameters, "head", {.widths = {4, 4}, .norm_out = true});
  at::Tensor weight = Named(parameters.all(), "head.0.weight");
  const at::NoGradGuard no_graph;
  weight.copy_(at::eye(4));
  const at::Tensor out = head.Forward(Noise({16, 4}, 1) * 3 + 2);
  EXPECT_LT(out.mean(0).abs().max().item<double>(), 1e-5);
  EXPECT_LT((out.std(0, false) - 1).abs().max().item<double>(), 1e-3);
}

TEST(DenseCl, TheKeysOfAllSlotsGoIntoTheQueuesInTheOrderOfTheSlots) {
  MethodOptions options = Options("densecl");
  options.volumes = 10'000;
  const auto method = Make(options);
  const std::vector<Inputs> slots = {method->Augment(Samples(0, 0)),
                                     method->Augment(Samples(1, 1))};
  const at::Tensor queue = Named(method->NamedState(), "global_queue");
  const at::Tensor dense = Named(method->NamedState(), "dense_queue");
  const at::Tensor next = Named(method->NamedState(), "queue_next");
  EXPECT_NEAR(queue[77].norm().item<double>(), 1, 1e-5) << "it begins with random directions";
  next.fill_(4095);
  Step(*method, slots);
  method->AfterUpdate(1);
  EXPECT_EQ(next.item<float>(), 1) << "and round again";
  const at::Tensor first = method->Share(slots[0]);
  const at::Tensor second = method->Share(slots[1]);
  // The key network has followed by a thousandth of one step that was not made: it is the same.
  EXPECT_LT((queue[4095] - first.narrow(0, 0, 128)).abs().max().item<double>(), 1e-5);
  EXPECT_LT((queue[0] - second.narrow(0, 0, 128)).abs().max().item<double>(), 1e-5);
  EXPECT_LT((dense[0] - second.narrow(0, 128, 128)).abs().max().item<double>(), 1e-5);
}

TEST(DenseCl, AQueueIsShorterThanTheDataset) {
  const auto length = [](std::int64_t volumes) {
    MethodOptions options = Options("densecl");
    options.volumes = volumes;
    return Named(Make(options)->NamedState(), "dense_queue").size(0);
  };
  EXPECT_EQ(length(302), 151);
  EXPECT_EQ(length(2), 2) << "what a step gives has room";
  EXPECT_EQ(length(1'000'000), 4096);
}

TEST(DenseCl, LearnsFromBothHalvesOfItsLoss) {
  const auto method = Make("densecl");
  const auto outcomes =
      Step(*method, {method->Augment(Samples(0, 0)), method->Augment(Samples(1, 1))});
  EXPECT_NEAR(Part(outcomes[0], "total"),
              (Part(outcomes[0], "contrast") + Part(outcomes[0], "dense_contrast")) / 2, 1e-5);
  for (const char* head : {"global_projector.0.weight", "dense_projector.0.weight"}) {
    EXPECT_GT(Named(method->NamedParameters(), head).grad().norm().item<double>(), 0) << head;
  }
}

}  // namespace
}  // namespace gvsl::model
