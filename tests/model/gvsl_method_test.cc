#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "model/initial_weights.h"
#include "model/layers.h"
#include "model/method.h"
#include "model/parameters.h"
#include "tests/model/test_volumes.h"

namespace gvsl::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Method> Make(const std::string& name, std::uint64_t seed = 1) {
  auto method = MakeMethod({name, 8, seed});
  EXPECT_TRUE(method.ok()) << method.status();
  return *std::move(method);
}

std::vector<PairSample> Samples(std::uint32_t count) {
  std::vector<PairSample> samples;
  for (std::uint32_t item = 0; item < count; ++item) {
    samples.push_back(MakeSample(14, {1, 7, 2, item}));
  }
  return samples;
}

std::set<std::string> Heads(Method& method) {
  std::set<std::string> heads;
  for (const auto& [name, parameter] : method.NamedParameters()) {
    heads.insert(name.substr(0, name.find('.')));
  }
  return heads;
}

std::vector<std::string> PartNames(const Outcome& outcome) {
  std::vector<std::string> names;
  for (const auto& [name, value] : outcome.parts) names.push_back(name);
  return names;
}

at::Tensor Gradient(Method& method) {
  std::vector<at::Tensor> flat;
  for (const auto& [name, parameter] : method.NamedParameters()) {
    EXPECT_TRUE(parameter.grad().defined()) << name;
    if (parameter.grad().defined()) flat.push_back(parameter.grad().flatten());
  }
  return at::cat(flat);
}

at::Tensor GradientOf(const Inputs& inputs) {
  const auto method = Make("gvsl");
  method->Forward(inputs).loss.backward();
  return Gradient(*method);
}

TEST(GvslMethod, EveryParameterOfEveryAblationHasAGradient) {
  for (const std::string name :
       {"gvsl", "gvsl-no-matching", "gvsl-no-restoration", "gvsl-no-affine"}) {
    const auto method = Make(name);
    const Outcome outcome = method->Forward(method->Augment(Samples(1)));
    outcome.loss.backward();
    EXPECT_EQ(PartNames(outcome), method->LossNames()) << name;
    for (const auto& [parameter_name, parameter] : method->NamedParameters()) {
      ASSERT_TRUE(parameter.grad().defined()) << name << " " << parameter_name;
      EXPECT_GT(parameter.grad().abs().max().item<float>(), 0) << name << " " << parameter_name;
    }
  }
}

TEST(GvslMethod, TheWholeMethodHasTheReleasedParametersAndThreeLosses) {
  const auto method = Make("gvsl");
  EXPECT_EQ(method->NamedParameters().size(), 104U);
  EXPECT_THAT(method->LossNames(), ElementsAre("ncc", "smooth", "restoration", "total"));
}

TEST(GvslMethod, WithoutMatchingLeavesTheMatchingHeadAndTheMovingVolumeOut) {
  const auto method = Make("gvsl-no-matching");
  EXPECT_THAT(Heads(*method), ElementsAre("res_conv", "unet"));
  EXPECT_THAT(method->LossNames(), ElementsAre("restoration", "total"));
  EXPECT_FALSE(method->Augment(Samples(1)).contains("moving"));
}

TEST(GvslMethod, WithoutRestorationLeavesTheRestorationHeadOut) {
  const auto method = Make("gvsl-no-restoration");
  EXPECT_FALSE(Heads(*method).contains("res_conv"));
  EXPECT_THAT(method->LossNames(), ElementsAre("ncc", "smooth", "total"));
}

TEST(GvslMethod, WithoutTheAffineHeadKeepsTheDeformableHalf) {
  const auto method = Make("gvsl-no-affine");
  EXPECT_THAT(Heads(*method), ElementsAre("out_flow", "res_conv", "sp_conv", "unet"));
}

TEST(GvslMethod, TotalIsTheSumOfTheParts) {
  const auto method = Make("gvsl");
  const Outcome outcome = method->Forward(method->Augment(Samples(1)));
  float sum = 0;
  for (std::size_t k = 0; k + 1 < outcome.parts.size(); ++k) {
    sum += outcome.parts[k].second.item<float>();
  }
  EXPECT_NEAR(outcome.parts.back().second.item<float>(), sum, 1e-5);
  EXPECT_EQ(outcome.parts.back().second.item<float>(), outcome.loss.item<float>());
}

TEST(GvslMethod, ABatchEqualsItsItemsOneByOne) {
  const auto method = Make("gvsl");
  const std::vector<PairSample> samples = Samples(3);
  const Inputs batch = method->Augment(samples);
  at::Tensor sum;
  for (std::int64_t k = 0; k < 3; ++k) {
    const Inputs item = method->Augment({samples[k]});
    for (const auto& [name, tensor] : item) {
      EXPECT_TRUE(at::equal(tensor, batch.at(name).narrow(0, k, 1))) << name;
    }
    const at::Tensor gradient = GradientOf(item);
    sum = sum.defined() ? sum + gradient : gradient;
  }
  const at::Tensor whole = GradientOf(batch);
  EXPECT_LT(((whole - sum / 3).norm() / whole.norm()).item<double>(), 1e-3);
}

TEST(GvslMethod, TheSameStepGivesTheSameBits) {
  const Inputs inputs = Make("gvsl")->Augment(Samples(1));
  EXPECT_TRUE(at::equal(GradientOf(inputs), GradientOf(inputs)));
}

TEST(GvslMethod, AFewStepsReduceTheLoss) {
  const auto method = Make("gvsl");
  const Inputs inputs = method->Augment(Samples(1));
  std::vector<float> losses;
  for (int step = 0; step < 12; ++step) {
    const Outcome outcome = method->Forward(inputs);
    losses.push_back(outcome.loss.item<float>());
    outcome.loss.backward();
    const at::NoGradGuard no_graph;
    for (auto& [name, parameter] : method->NamedParameters()) {
      parameter.sub_(parameter.grad() / (parameter.grad().norm() + 1e-8), 0.02);
      parameter.mutable_grad().zero_();
    }
  }
  EXPECT_LT(*std::min_element(losses.begin(), losses.end()), 0.9F * losses.front());
}

TEST(InitialWeights, ArePureFunctionsOfSeedAndName) {
  const NamedTensors first = Make("gvsl", 1)->NamedParameters();
  const NamedTensors again = Make("gvsl", 1)->NamedParameters();
  const NamedTensors other = Make("gvsl", 2)->NamedParameters();
  for (std::size_t k = 0; k < first.size(); ++k) {
    EXPECT_TRUE(at::equal(first[k].second, again[k].second)) << first[k].first;
  }
  EXPECT_FALSE(at::equal(first[0].second, other[0].second));
  EXPECT_FALSE(at::equal(first[1].second, other[1].second));
}

TEST(InitialWeights, AnAblationStartsFromTheSameUNet) {
  const NamedTensors whole = Make("gvsl")->NamedParameters();
  const NamedTensors part = Make("gvsl-no-matching")->NamedParameters();
  for (std::size_t k = 0; k < 72; ++k) {
    ASSERT_EQ(whole[k].first, part[k].first);
    ASSERT_TRUE(whole[k].first.starts_with("unet."));
    EXPECT_TRUE(at::equal(whole[k].second, part[k].second)) << whole[k].first;
  }
}

TEST(InitialWeights, HaveTheSpreadOfTheirKind) {
  NamedTensors tensors = {{"unet.inc.double_conv.0.weight", at::zeros({64, 32, 3, 3, 3})},
                          {"unet.inc.double_conv.0.bias", at::zeros({64})},
                          {"unet.inc.double_conv.1.weight", at::zeros({64})},
                          {"unet.inc.double_conv.1.bias", at::ones({64})},
                          {"f_conv.double_conv.0.weight", at::zeros({64, 32, 3, 3, 3})}};
  FillInitialWeights(tensors, 1);
  const double fan_in = 32 * 27;
  EXPECT_NEAR(tensors[0].second.std().item<double>(), std::sqrt(2 / fan_in), 1e-3);
  EXPECT_NEAR(tensors[0].second.mean().item<double>(), 0, 1e-3);
  EXPECT_LE(tensors[1].second.abs().max().item<double>(), 1 / std::sqrt(fan_in));
  EXPECT_TRUE(at::equal(tensors[2].second, at::ones({64})));
  EXPECT_TRUE(at::equal(tensors[3].second, at::zeros({64})));
  EXPECT_NEAR(tensors[4].second.abs().max().item<double>(), 1 / std::sqrt(fan_in), 1e-4);
  EXPECT_NEAR(tensors[4].second.std().item<double>(), 1 / std::sqrt(3 * fan_in), 1e-3);
}

TEST(MakeMethod, RefusesUnknownMethodsAndNamesTheNearest) {
  const auto method = MakeMethod({"gvsl-no-afine", 8, 1});
  EXPECT_EQ(method.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(method.status().message(), HasSubstr("gvsl-no-affine"));
}

TEST(Groups, AreOfEightChannelsWhereThatComesOutEvenAndOtherwiseOfMore) {
  EXPECT_EQ(GroupsOf(4), 1);
  EXPECT_EQ(GroupsOf(8), 1);
  EXPECT_EQ(GroupsOf(16), 2);
  EXPECT_EQ(GroupsOf(32), 4);
  EXPECT_EQ(GroupsOf(20), 2);  // of ten, as ever
  EXPECT_EQ(GroupsOf(28), 2);  // three would not come out even
  EXPECT_EQ(GroupsOf(44), 4);
  for (std::int64_t width = 8; width <= 1024; width += 8) {
    EXPECT_EQ((width / 2) % GroupsOf(width / 2), 0) << width;
    EXPECT_EQ(GroupsOf(width), width / 8);
  }
}

TEST(MakeMethod, RefusesWidthsThatAreNoMultipleOfEight) {
  for (const std::int64_t width : {0, -8, 4, 12, 4096}) {
    const auto method = MakeMethod({"gvsl", width, 1});
    ASSERT_EQ(method.status().code(), StatusCode::kInvalidArgument) << width;
    EXPECT_EQ(method.status().violations().at(0).field, "model.width");
  }
}

}  // namespace
}  // namespace gvsl::model
