#include "model/parity/function_parity.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

#include "model/affine_map.h"
#include "model/intensity_curve.h"
#include "model/losses.h"
#include "model/parity/measure_parity.h"
#include "model/released_geometry.h"
#include "model/resize.h"
#include "model/spatial.h"
#include "model/trilinear_sampler.h"

namespace gvsl::model {
namespace {

constexpr double kTensor = 1e-5;
constexpr double kScalar = 1e-6;
constexpr double kReleased = 1e-4;  // a value of the released float32 code

class FunctionComparison {
 public:
  FunctionComparison(const GoldenFolder& folder, const GoldenFile& file, at::ScalarType dtype)
      : folder_(folder), file_(file), dtype_(dtype) {}

  Deviations Run() {
    Ncc("ncc_random");
    Ncc("ncc_flat");
    Smooth();
    Warp();
    WarpAsReleased();
    Affine();
    AffineAsReleased();
    Fuse();
    Dice();
    Scalar("mse.value",
           RestorationLoss(Read("warp.src").select(1, 0), Read("warp.src").select(1, 1)));
    for (const std::string name : {"up_a", "up_b"}) {
      Tensor(name + ".out", UpsampleDouble(Read(name + ".in")));
    }
    Elastic();
    Bezier();
    for (const Deviation& row : CompareMeasures(file_)) rows_.push_back(row);
    return std::move(rows_);
  }

 private:
  at::Tensor Read(const std::string& name) const { return file_.Read(name, dtype_); }
  at::Tensor ReadLeaf(const std::string& name) const { return Read(name).requires_grad_(true); }
  void Tensor(const std::string& name, const at::Tensor& value, double bound = kTensor) {
    rows_.push_back({"functions", name, RelativeL2(value, file_.Read(name)), bound});
  }
  void Scalar(const std::string& name, const at::Tensor& value, double bound = kScalar) {
    const double expected = file_.Scalar(name);
    const double difference = std::abs(value.item<double>() - expected);
    rows_.push_back({"functions", name, difference / std::abs(expected), bound});
  }

  void Ncc(const std::string& name) {
    const at::Tensor image = ReadLeaf(name + ".I");
    const at::Tensor other = ReadLeaf(name + ".J");
    const at::Tensor loss = NccLoss(image, other);
    Scalar(name + ".loss", loss);
    Scalar(name + ".released_fp32_loss", loss, kReleased);
    loss.backward();
    Tensor(name + ".grad_I", image.grad());
    Tensor(name + ".grad_J", other.grad());
  }

  void Smooth() {
    const at::Tensor field = ReadLeaf("smooth.field");
    const at::Tensor loss = SmoothLoss(field);
    Scalar("smooth.loss", loss);
    loss.backward();
    Tensor("smooth.grad", field.grad());
  }

  void Warp() {
    const at::Tensor source = ReadLeaf("warp.src");
    const at::Tensor field = ReadLeaf("warp.disp");
    const at::Tensor out = WarpByField(source, field);
    Tensor("warp.corrected", out);
    out.backward(Read("warp.cotangent"));
    Tensor("warp.corrected.grad_src", source.grad());
    Tensor("warp.corrected.grad_disp", field.grad());
    const at::Tensor unmoved = WarpByField(Read("warp.src"), at::zeros_like(Read("warp.disp")));
    rows_.push_back(
        {"functions", "warp_zero.corrected", LargestDifference(unmoved, Read("warp.src")), 0});
  }

  void WarpAsReleased() {
    const at::Tensor source = ReadLeaf("warp.src");
    const at::Tensor displacement = ReadLeaf("warp.disp");
    const at::Tensor out = WarpByField(source, ReleasedReading(displacement));
    Tensor("warp.reference", out, kReleased);
    out.backward(Read("warp.cotangent"));
    Tensor("warp.reference.grad_src", source.grad(), kReleased);
    Tensor("warp.reference.grad_disp", displacement.grad(), kReleased);
    const at::Tensor nothing = at::zeros_like(Read("warp.disp"));
    Tensor("warp_zero.reference", WarpByField(Read("warp.src"), ReleasedReading(nothing)),
           kReleased);
  }

  void Affine() {
    const at::Tensor raw = ReadLeaf("affine.raw");
    const at::Tensor limited = LimitAffine(raw);
    Tensor("affine.limited", limited);
    const at::Tensor matrix = AffineMatrix(limited);
    Tensor("affine.matrix", matrix);
    const at::Tensor source = Read("affine.src");
    const at::Tensor out = WarpByField(source, AffineField(matrix, source.sizes().slice(2)));
    Tensor("affine.corrected", out);
    out.backward(Read("affine.cotangent"));
    Tensor("affine.corrected.grad_raw", raw.grad());
  }

  void AffineAsReleased() {
    const at::Tensor source = Read("affine.src").narrow(0, 0, 1);
    const at::Tensor matrix = AffineMatrix(LimitAffine(Read("affine.raw").narrow(0, 0, 1)));
    const at::IntArrayRef size = source.sizes().slice(2);
    Tensor("affine.reference",
           WarpByField(source, AffineField(ReleasedAffineMatrix(matrix, size), size)), kReleased);
  }

  void Fuse() {
    const at::Tensor field = FuseField(Read("affine.matrix"), Read("fuse.flow"));
    Tensor("fuse.psi", field);
    Tensor("fuse.warped", WarpByField(Read("affine.src"), field));
  }

  void Dice() {
    const at::Tensor probabilities = ReadLeaf("dice.prob");
    const at::Tensor labels = file_.Read("dice.label", at::kLong);
    const at::Tensor loss = DiceLoss(probabilities, labels);
    Scalar("dice.loss", loss);
    loss.backward();
    Tensor("dice.grad_prob", probabilities.grad());
    Tensor("dice.soft_per_class", SoftDice(Read("dice.prob"), labels));
  }

  void Elastic() {
    const std::uint32_t seed = GoldenSeed("fn:elastic.noise", folder_.run);
    for (const std::string name : {"elastic.0", "elastic.1"}) {
      at::Tensor noise = at::empty(file_.Read(name + ".offset").sizes(), at::kFloat);
      for (std::int64_t i = 0; i < noise.numel(); ++i) {
        noise.data_ptr<float>()[i] = GoldenUniform(static_cast<std::uint32_t>(i), seed);
      }
      const at::Tensor row = file_.Read(name + ".sigma_alpha_radius");
      Tensor(name + ".offset",
             ElasticField(noise.to(dtype_), row[0].item<double>(), row[1].item<double>()));
    }
  }

  void Bezier() {
    const at::Tensor x = file_.Read("bezier.x");
    for (const std::string name : {"bezier.0", "bezier.1", "bezier.2"}) {
      const at::Tensor points = file_.Read(name + ".points");
      const double* p = points.const_data_ptr<double>();
      const IntensityCurve curve({p[0], p[1], p[2], p[3]});
      at::Tensor y = at::empty_like(x);
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        y.data_ptr<double>()[i] = curve.At(x.const_data_ptr<double>()[i]);
      }
      Tensor(name + ".y", y);
    }
  }

  const GoldenFolder& folder_;
  const GoldenFile& file_;
  const at::ScalarType dtype_;
  Deviations rows_;
};

}  // namespace

Deviations CompareFunctions(const GoldenFolder& folder, const GoldenFile& file,
                            at::ScalarType dtype) {
  return FunctionComparison(folder, file, dtype).Run();
}

}  // namespace gvsl::model
