// Rotation: Gidaris et al., "Unsupervised representation learning by predicting image rotations"
// (ICLR 2018), in 3D as Taleb et al., "3D self-supervised methods for medical imaging" (NeurIPS
// 2020): the volume is turned in one of ten ways (not at all, or by 90, 180 or 270 degrees about
// one axis), and a linear layer on the pooled bottleneck names which. A cube of the shortest axis
// is cut out of the patch, so that its shape does not tell.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/rot90.h>
#include <ATen/ops/stack.h>

#include <algorithm>

#include "model/augmentation.h"
#include "model/initial_weights.h"
#include "model/methods/encoder.h"
#include "model/methods/methods.h"

namespace gvsl::model {
namespace {

constexpr std::int64_t kTurns = 10;

// `turn` 0 stays; 1 to 3, 4 to 6 and 7 to 9 are quarter turns about the axes D, H and W.
at::Tensor Turn(const at::Tensor& volume, std::int64_t turn) {
  if (turn == 0) return volume;
  const std::int64_t axis = (turn - 1) / 3;
  return at::rot90(volume, (turn - 1) % 3 + 1, {2 + (axis + 1) % 3, 2 + (axis + 2) % 3});
}

at::Tensor DrawCube(at::Tensor volume, Philox& draws) {
  const std::int64_t side = std::min({volume.size(2), volume.size(3), volume.size(4)});
  for (int axis = 2; axis < 5; ++axis) {
    const auto places = static_cast<std::uint32_t>(volume.size(axis) - side + 1);
    volume = volume.narrow(axis, draws.NextBelow(places), side);
  }
  return volume;
}

class Rotation final : public Method {
 public:
  explicit Rotation(const MethodOptions& options)
      : device_(options.device),
        encoder_(options),
        classifier_(encoder_.parameters(), "rotation", encoder_.channels(), kTurns) {
    FillInitialWeights(encoder_.parameters().all(), options.seed);
  }

  std::vector<std::string> LossNames() const override { return {"cross_entropy", "total"}; }
  NamedTensors NamedParameters() override { return encoder_.Trained(); }
  NamedTensors FixedWeights() override { return encoder_.Fixed(); }
  Inputs Augment(const std::vector<PairSample>& samples) override {
    std::vector<at::Tensor> turns;
    const at::Tensor volumes = Batch(samples, [&](const PairSample& sample) {
      Philox draws = SampleDraws(sample.key, DrawPurpose::kRotation);
      const std::int64_t turn = draws.NextBelow(kTurns);
      turns.push_back(at::full({}, turn, at::kLong));
      const at::Tensor volume = WarpTogether({sample.a}, sample.key, device_);
      return Turn(DrawCube(volume, draws), turn).contiguous();
    });
    return {{"volume", volumes}, {"turn", at::stack(turns).to(device_)}};
  }
  Outcome Forward(const Inputs& inputs) override {
    const at::Tensor scores = classifier_.Forward(encoder_.Pooled(inputs.at("volume")));
    const at::Tensor wanted = at::one_hot(inputs.at("turn"), kTurns);
    const at::Tensor loss = -(scores.log_softmax(1) * wanted).sum(1).mean();
    return {loss, {{"cross_entropy", loss.detach()}, {"total", loss.detach()}}};
  }

 private:
  at::Device device_;
  Encoder encoder_;
  Linear classifier_;
};

}  // namespace

MethodPointer MakeRotation(const MethodOptions& options) {
  return std::make_unique<Rotation>(options);
}

}  // namespace gvsl::model
