// Every operator that has a GPU half: its values and gradients against the processor's, and its
// bits against themselves.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "model/box_filter.h"
#include "model/losses.h"
#include "model/method.h"
#include "model/resize.h"
#include "model/trilinear_sampler.h"
#include "tests/gpu/gpus.h"

namespace gvsl::model {
namespace {

using Function = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

class ModelOnGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    GVSL_SKIP_WITHOUT_GPUS(1);
    ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
    at::manual_seed(7);
  }
};

// The value, then the gradient of its sum with fixed random weights in each input, on the CPU.
std::vector<at::Tensor> Evaluate(const Function& function, const std::vector<at::Tensor>& inputs,
                                 at::Device device) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.to(device).detach().clone().set_requires_grad(true));
  }
  const at::Tensor value = function(leaves);
  at::manual_seed(11);
  const at::Tensor weights = at::randn(value.sizes(), at::kDouble).to(value.scalar_type());
  (value * weights.to(device)).sum().backward();
  std::vector<at::Tensor> results = {value.detach().cpu()};
  for (const at::Tensor& leaf : leaves) {
    results.push_back(leaf.grad().defined() ? leaf.grad().cpu() : at::zeros_like(leaf.cpu()));
  }
  return results;
}

void ExpectLikeTheProcessor(const Function& function, const std::vector<at::Tensor>& inputs,
                            double tolerance) {
  const auto expected = Evaluate(function, inputs, at::kCPU);
  const auto found = Evaluate(function, inputs, at::Device(at::kCUDA, 0));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double scale = std::max(expected[i].abs().max().item<double>(), 1e-30);
    const double error = (expected[i] - found[i]).abs().max().item<double>() / scale;
    EXPECT_LT(error, tolerance) << (i == 0 ? "value" : "gradient of input ") << i;
  }
  for (int repeat = 0; repeat < 10; ++repeat) {
    const auto again = Evaluate(function, inputs, at::Device(at::kCUDA, 0));
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_TRUE(at::equal(again[i], found[i])) << "other bits in repeat " << repeat;
    }
  }
}

TEST_F(ModelOnGpu, WarpsByAField) {
  const at::Tensor source = at::randn({2, 5, 12, 14, 18});
  const at::Tensor field = at::randn({2, 3, 12, 14, 18}) * 4;  // some of it far outside
  const Function warp = [](const auto& in) { return WarpByField(in[0], in[1]); };
  ExpectLikeTheProcessor(warp, {source, field}, 1e-5);
  ExpectLikeTheProcessor(warp, {source.to(at::kDouble), field.to(at::kDouble)}, 1e-10);
}

TEST_F(ModelOnGpu, ManySamplesFallOnOneVoxel) {
  const at::Tensor source = at::randn({1, 2, 8, 8, 8});
  at::Tensor field = at::zeros({1, 3, 8, 8, 8});
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<std::int64_t> shape = {1, 1, 1, 1};
    shape[axis + 1] = 8;
    field.select(1, axis).add_(3.4 - at::arange(8, at::kFloat).view(shape));
  }
  ExpectLikeTheProcessor([](const auto& in) { return WarpByField(in[0], in[1]); }, {source, field},
                         1e-5);
}

TEST_F(ModelOnGpu, AWarpWithoutAFiniteGradientHasNone) {
  const at::Device gpu(at::kCUDA, 0);
  const at::Tensor source = at::ones({1, 1, 4, 4, 4}, gpu).set_requires_grad(true);
  (WarpByField(source, at::zeros({1, 3, 4, 4, 4}, gpu)) * INFINITY).sum().backward();
  EXPECT_FALSE(at::isfinite(source.grad()).any().item<bool>());
}

TEST_F(ModelOnGpu, HalvesAndDoubles) {
  const at::Tensor x = at::randn({2, 3, 8, 12, 16});
  ExpectLikeTheProcessor([](const auto& in) { return HalveByMaximum(in[0]); }, {x}, 1e-7);
  ExpectLikeTheProcessor([](const auto& in) { return UpsampleDouble(in[0]); }, {x}, 1e-5);
  ExpectLikeTheProcessor([](const auto& in) { return HalveByMaximum(in[0]); },
                         {at::zeros({1, 1, 4, 4, 4})}, 1e-7);  // all equal
}

TEST_F(ModelOnGpu, SumsOverWindows) {
  const at::Tensor values = at::randn({2, 1, 11, 5, 20}, at::kDouble);
  const at::Tensor expected = BoxSum(values, 4);
  const at::Tensor found = BoxSum(values.to(at::Device(at::kCUDA, 0)), 4).cpu();
  EXPECT_LT((expected - found).abs().max().item<double>(), 1e-10);
}

TEST_F(ModelOnGpu, ComparesByNcc) {
  ExpectLikeTheProcessor([](const auto& in) { return NccLoss(in[0], in[1]); },
                         {at::rand({1, 1, 16, 16, 16}), at::rand({1, 1, 16, 16, 16})}, 1e-5);
}

// One pair through augmentation, network and losses.
struct Step {
  std::vector<at::Tensor> losses;
  std::vector<at::Tensor> gradients;
};

Step ComputeStep(at::Device device, const std::string& name) {
  auto method = MakeMethod({name, 8, 3, device});
  EXPECT_TRUE(method.ok()) << method.status();
  at::manual_seed(5);
  const at::Tensor a = at::rand({1, 32, 32, 32});
  const at::Tensor b = at::rand({1, 32, 32, 32});
  const Outcome outcome = (*method)->Forward((*method)->Augment({{a, b, {1, 0, 0, 0}}}));
  outcome.loss.backward();
  Step step;
  for (const auto& [part, loss] : outcome.parts) step.losses.push_back(loss.cpu());
  for (const auto& [parameter, tensor] : (*method)->NamedParameters()) {
    const at::Tensor gradient = tensor.grad();
    step.gradients.push_back(gradient.defined() ? gradient.cpu() : at::zeros_like(tensor.cpu()));
  }
  return step;
}

TEST_F(ModelOnGpu, AStepIsTheProcessorsWithinTolerance) {
  for (const char* name : {"gvsl", "gvsl-no-affine", "gvsl-no-matching"}) {
    const Step cpu = ComputeStep(at::kCPU, name);
    const Step gpu = ComputeStep(at::Device(at::kCUDA, 0), name);
    for (std::size_t i = 0; i < cpu.losses.size(); ++i) {
      EXPECT_NEAR(gpu.losses[i].item<double>(), cpu.losses[i].item<double>(), 1e-4) << name;
    }
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < cpu.gradients.size(); ++i) {
      difference += (cpu.gradients[i] - gpu.gradients[i]).pow(2).sum().item<double>();
      norm += cpu.gradients[i].pow(2).sum().item<double>();
    }
    EXPECT_LT(std::sqrt(difference / norm), 1e-2) << name;
  }
}

TEST_F(ModelOnGpu, AHundredStepsHaveEqualBits) {
  const Step first = ComputeStep(at::Device(at::kCUDA, 0), "gvsl");
  for (int repeat = 1; repeat < 100; ++repeat) {
    const Step again = ComputeStep(at::Device(at::kCUDA, 0), "gvsl");
    for (std::size_t i = 0; i < first.losses.size(); ++i) {
      ASSERT_TRUE(at::equal(again.losses[i], first.losses[i])) << repeat;
    }
    for (std::size_t i = 0; i < first.gradients.size(); ++i) {
      ASSERT_TRUE(at::equal(again.gradients[i], first.gradients[i])) << repeat;
    }
  }
}

}  // namespace
}  // namespace gvsl::model
