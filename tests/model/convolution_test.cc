// One way to convolve against ATen's own in double precision, on both sides of its choice.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "model/convolution.h"
#include "tests/model/test_volumes.h"

namespace gvsl::model {
namespace {

struct Shape {
  std::vector<std::int64_t> x;
  std::int64_t out;
  std::int64_t kernel;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << at::IntArrayRef(shape.x) << " to " << shape.out << " by " << shape.kernel;
}

class Convolution : public ::testing::TestWithParam<Shape> {};

std::vector<at::Tensor> Leaves(const Shape& shape, at::ScalarType type) {
  const std::int64_t in = shape.x[1];
  const std::int64_t k = shape.kernel;
  std::vector<at::Tensor> leaves = {
      Noise(shape.x, 1) - 0.5, Noise({shape.out, in, k, k, k}, 2) - 0.5, Noise({shape.out}, 3)};
  for (at::Tensor& leaf : leaves) leaf = leaf.to(type).set_requires_grad(true);
  return leaves;
}

double Deviation(const at::Tensor& found, const at::Tensor& expected) {
  return ((found.to(at::kDouble) - expected).abs().max() / expected.abs().max()).item<double>();
}

TEST_P(Convolution, HasTheValuesAndGradientsOfDoublePrecision) {
  const auto leaves = Leaves(GetParam(), at::kFloat);
  const auto exact = Leaves(GetParam(), at::kDouble);
  const at::Tensor found = Convolve(leaves[0], leaves[1], leaves[2]);
  const at::Tensor expected = at::conv3d(exact[0], exact[1], exact[2], 1, GetParam().kernel / 2);
  EXPECT_LT(Deviation(found.detach(), expected.detach()), 1e-5);
  const at::Tensor weights = Noise(found.sizes(), 4) - 0.5;
  (found * weights).sum().backward();
  (expected * weights.to(at::kDouble)).sum().backward();
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    EXPECT_LT(Deviation(leaves[k].grad(), exact[k].grad()), 1e-5) << k;
  }
}

TEST_P(Convolution, GivesTheSameBitsTwice) {
  const auto gradients = [] {
    auto leaves = Leaves(GetParam(), at::kFloat);
    Convolve(leaves[0], leaves[1], leaves[2]).square().sum().backward();
    return std::vector<at::Tensor>{leaves[0].grad(), leaves[1].grad(), leaves[2].grad()};
  };
  const auto first = gradients(), second = gradients();
  for (std::size_t k = 0; k < first.size(); ++k) EXPECT_TRUE(first[k].equal(second[k])) << k;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Convolution,
    ::testing::Values(Shape{{1, 1, 9, 10, 11}, 8, 3}, Shape{{1, 8, 9, 10, 11}, 16, 3},
                      Shape{{2, 8, 9, 10, 11}, 8, 3}, Shape{{1, 24, 30, 30, 5}, 8, 3},
                      Shape{{1, 128, 2, 3, 1}, 128, 3}, Shape{{1, 8, 9, 10, 11}, 3, 3},
                      Shape{{1, 8, 9, 10, 11}, 3, 1}));

TEST(Convolution, HasOnlyTheGradientsThatAreWanted) {
  auto leaves = Leaves({{1, 8, 5, 6, 7}, 8, 3}, at::kFloat);
  leaves[0] = leaves[0].detach();
  leaves[2] = leaves[2].detach();
  Convolve(leaves[0], leaves[1], leaves[2]).sum().backward();
  EXPECT_TRUE(leaves[1].grad().defined());
  EXPECT_FALSE(leaves[0].grad().defined());
  const at::NoGradGuard no_graph;
  EXPECT_FALSE(Convolve(leaves[0], leaves[1], leaves[2]).requires_grad());
}

}  // namespace
}  // namespace gvsl::model
