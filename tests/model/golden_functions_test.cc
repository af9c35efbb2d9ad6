#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

#include "model/affine_map.h"
#include "model/intensity_curve.h"
#include "model/losses.h"
#include "model/resize.h"
#include "model/spatial.h"
#include "model/trilinear_sampler.h"
#include "tests/model/golden.h"

namespace gvsl::model {
namespace {

// Every function in both types: float32 within the bounds of the golden README, float64 far tighter
// (tensors are stored as float32, so their own rounding is what is left).
struct Precision {
  at::ScalarType dtype;
  double tensor;
  double scalar;
};

class GoldenFunctions : public testing::TestWithParam<Precision> {
 protected:
  at::Tensor Read(const std::string& name) const { return file_.Read(name, GetParam().dtype); }
  at::Tensor ReadLeaf(const std::string& name) const { return Read(name).requires_grad_(true); }
  void ExpectTensor(const at::Tensor& value, const std::string& name) const {
    EXPECT_EQ(value.scalar_type(), GetParam().dtype) << name;
    EXPECT_LE(RelativeL2(value, file_.Read(name)), GetParam().tensor) << name;
  }
  void ExpectScalar(const at::Tensor& value, const std::string& name) const {
    const double expected = file_.Scalar(name);
    EXPECT_NEAR(value.item<double>(), expected, GetParam().scalar * std::abs(expected)) << name;
  }

  GoldenFile file_{"functions.safetensors"};
};

TEST_P(GoldenFunctions, NccMeetsLossAndBothGradients) {
  for (const std::string name : {"ncc_random", "ncc_flat"}) {
    const at::Tensor image = ReadLeaf(name + ".I");
    const at::Tensor other = ReadLeaf(name + ".J");
    const at::Tensor loss = NccLoss(image, other);
    ExpectScalar(loss, name + ".loss");
    loss.backward();
    ExpectTensor(image.grad(), name + ".grad_I");
    ExpectTensor(other.grad(), name + ".grad_J");
  }
}

TEST_P(GoldenFunctions, SmoothMeetsLossAndGradient) {
  const at::Tensor field = ReadLeaf("smooth.field");
  const at::Tensor loss = SmoothLoss(field);
  ExpectScalar(loss, "smooth.loss");
  loss.backward();
  ExpectTensor(field.grad(), "smooth.grad");
}

TEST_P(GoldenFunctions, WarpMeetsValueAndBothGradients) {
  const at::Tensor source = ReadLeaf("warp.src");
  const at::Tensor field = ReadLeaf("warp.disp");
  const at::Tensor out = WarpByField(source, field);
  ExpectTensor(out, "warp.corrected");
  out.backward(Read("warp.cotangent"));
  ExpectTensor(source.grad(), "warp.corrected.grad_src");
  ExpectTensor(field.grad(), "warp.corrected.grad_disp");
}

TEST_P(GoldenFunctions, WarpByAZeroFieldIsTheSourceBitByBit) {
  const at::Tensor source = Read("warp.src");
  EXPECT_TRUE(at::equal(WarpByField(source, at::zeros_like(Read("warp.disp"))), source));
}

TEST_P(GoldenFunctions, AffineMeetsLimitsMatrixValueAndGradient) {
  const at::Tensor raw = ReadLeaf("affine.raw");
  const at::Tensor limited = LimitAffine(raw);
  ExpectTensor(limited, "affine.limited");
  const at::Tensor matrix = AffineMatrix(limited);
  ExpectTensor(matrix, "affine.matrix");
  const at::Tensor source = Read("affine.src");
  const at::Tensor out = WarpByField(source, AffineField(matrix, source.sizes().slice(2)));
  ExpectTensor(out, "affine.corrected");
  out.backward(Read("affine.cotangent"));
  ExpectTensor(raw.grad(), "affine.corrected.grad_raw");
}

TEST_P(GoldenFunctions, FusedFieldMeetsFieldAndWarpedVolume) {
  const at::Tensor field = FuseField(Read("affine.matrix"), Read("fuse.flow"));
  ExpectTensor(field, "fuse.psi");
  ExpectTensor(WarpByField(Read("affine.src"), field), "fuse.warped");
}

TEST_P(GoldenFunctions, UpsamplingMeetsTheReleasedAlignment) {
  ExpectTensor(UpsampleDouble(Read("up_a.in")), "up_a.out");
  ExpectTensor(UpsampleDouble(Read("up_b.in")), "up_b.out");
}

TEST_P(GoldenFunctions, RestorationLossMeetsTheMeanSquaredError) {
  const at::Tensor source = Read("warp.src");
  ExpectScalar(RestorationLoss(source.select(1, 0), source.select(1, 1)), "mse.value");
}

TEST_P(GoldenFunctions, ElasticFieldMeetsTheSmoothedNoise) {
  const std::uint32_t seed = GoldenSeed("fn:elastic.noise");
  at::Tensor noise = at::empty({1, 3, 12, 10, 14}, at::kFloat);
  for (std::int64_t i = 0; i < noise.numel(); ++i) {
    noise.data_ptr<float>()[i] = GoldenUniform(static_cast<std::uint32_t>(i), seed);
  }
  for (const std::string name : {"elastic.0", "elastic.1"}) {
    const at::Tensor row = file_.Read(name + ".sigma_alpha_radius");
    const at::Tensor field =
        ElasticField(noise.to(GetParam().dtype), row[0].item<double>(), row[1].item<double>());
    ExpectTensor(field, name + ".offset");
  }
}

TEST_P(GoldenFunctions, IntensityCurveMeetsTheSampledBezier) {
  const at::Tensor x = file_.Read("bezier.x");
  for (const std::string name : {"bezier.0", "bezier.1", "bezier.2"}) {
    const at::Tensor points = file_.Read(name + ".points");
    const double* p = points.const_data_ptr<double>();
    const IntensityCurve curve({p[0], p[1], p[2], p[3]});
    at::Tensor y = at::empty_like(x);
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      y.data_ptr<double>()[i] = curve.At(x.const_data_ptr<double>()[i]);
    }
    EXPECT_LE(RelativeL2(y, file_.Read(name + ".y")), 1e-9) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(InBothTypes, GoldenFunctions,
                         testing::Values(Precision{at::kFloat, 1e-5, 1e-6},
                                         Precision{at::kDouble, 2e-7, 1e-12}),
                         [](const auto& info) {
                           return info.param.dtype == at::kFloat ? "Float32" : "Float64";
                         });

}  // namespace
}  // namespace gvsl::model
