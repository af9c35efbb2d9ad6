#include "model/field_health.h"

#include "model/affine_map.h"
#include "tests/model/method_fixture.h"

namespace gvsl::model {
namespace {

at::Tensor Field(at::IntArrayRef size, double z, double y, double x) {
  const at::Tensor offsets = at::tensor({z, y, x}, at::kFloat).view({1, 3, 1, 1, 1});
  return offsets.expand({1, 3, size[0], size[1], size[2]}).contiguous();
}

TEST(FieldHealth, AShiftHasItsLengthAndFoldsNothing) {
  const at::Tensor field = Field({4, 5, 6}, 2, -3, 6);
  EXPECT_NEAR(MeanDisplacement(field).item<double>(), 7, 1e-5);
  EXPECT_EQ(FoldingShare(field).item<double>(), 0);
}

TEST(FieldHealth, AMirrorFoldsEverywhereAndATurnNowhere) {
  const auto map = [](std::vector<double> rows) {
    return AffineField(at::tensor(rows, at::kFloat).view({1, 3, 4}), {5, 6, 7});
  };
  const at::Tensor mirror = map({-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0});
  EXPECT_EQ(FoldingShare(mirror).item<double>(), 1);
  const at::Tensor turn = map({0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0});
  EXPECT_EQ(FoldingShare(turn).item<double>(), 0);
  const at::Tensor grown = map({3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0});
  EXPECT_EQ(FoldingShare(grown).item<double>(), 0);
}

TEST(FieldHealth, OneFoldIsCountedWhereItIs) {
  at::Tensor field = at::zeros({1, 3, 5, 5, 5});
  field[0][2].select(2, 3).fill_(-1.5);  // the fourth plane along W moves behind the third
  EXPECT_NEAR(FoldingShare(field).item<double>(), 0.25, 1e-6) << "one of four differences";
}

TEST(FieldHealth, AnAxisOfOneVoxelCannotFold) {
  EXPECT_EQ(FoldingShare(Noise({1, 3, 1, 4, 4}, 1) * 9).item<double>(), 0);
}

TEST(GvslHealth, TheIndicatorsAreThoseOfThePair) {
  const auto method = Make("gvsl");
  Inputs inputs = method->Augment(Samples(0, 0));
  inputs["moving"] = inputs.at("fixed").clone();
  const Outcome outcome = method->Forward(inputs);
  std::vector<std::string> names;
  for (const auto& [name, value] : outcome.indicators) names.push_back(name);
  EXPECT_EQ(names, method->IndicatorNames());
  EXPECT_GT(Indicator(outcome, "ncc_before"), 0.8) << "B is A";
  EXPECT_NEAR(Indicator(outcome, "ncc_after"), 1 - Part(outcome, "ncc"), 1e-6);
  EXPECT_GT(Indicator(outcome, "displacement"), 0);
  EXPECT_TRUE(Make("gvsl-no-matching")->IndicatorNames().empty());
}

}  // namespace
}  // namespace gvsl::model
