// Classification of whole volumes into two: the published evaluation of GVSL (section 4.1): a
// linear layer and a sigmoid on the pooled bottleneck; frozen, it alone is trained. The paper does
// not say how it pools, with what loss, or what a network sees of a volume: here the mean over
// space, binary cross entropy, and the mean score of windows that overlap by half. Measured by the
// area under the ROC curve.
#include <ATen/TensorOperators.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/tensor.h>

#include <limits>

#include "model/initial_weights.h"
#include "model/metrics/roc.h"
#include "model/tasks/classification_network.h"
#include "model/tasks/feature_cache.h"
#include "model/tasks/sliding_window.h"
#include "model/tasks/task.h"
#include "model/tasks/tasks.h"

namespace gvsl::model {
namespace {

struct BuiltNetwork {
  explicit BuiltNetwork(const MethodOptions& options)
      : parameters(at::TensorOptions(at::kFloat).device(options.device)),
        network(parameters, options.width) {
    FillInitialWeights(parameters.all(), options.seed);
  }
  ParameterList parameters;
  ClassificationNetwork network;
};

StatusOr<RocArea> AreaOf(const at::Tensor& measured) {
  std::vector<double> scores;
  std::vector<std::uint8_t> labels;
  for (std::int64_t row = 0; row < measured.size(0); ++row) {
    scores.push_back(measured[row][0].item<float>());
    labels.push_back(measured[row][1].item<float>() > 0 ? 1 : 0);
  }
  return MeasureRocArea(scores, labels);
}

class ClassifyTask final : public Task {
 public:
  ClassifyTask(const MethodOptions& options, BuiltNetwork&& built)
      : ClassifyTask(options, std::move(built),
                     PartByPrefix(built.parameters.all(), options.task.frozen ? "head." : "")) {}

  std::vector<std::string> LossNames() const override { return {"cross_entropy", "total"}; }

  Inputs Augment(const std::vector<PairSample>& samples) override {
    std::vector<float> labels;
    for (const PairSample& sample : samples) {
      labels.push_back(static_cast<float>(sample.label.value_or(0)));
    }
    return {{"volume", BatchOfVolumes(samples, options().device)},
            {"label", at::tensor(labels).to(options().device)},
            {"place", PlacesOf(samples)}};
  }

  Outcome Forward(const Inputs& inputs) override {
    const at::Tensor& volumes = inputs.at("volume");
    const auto see = [this](const at::Tensor& batch) { return network_.Features(batch); };
    const at::Tensor scores = network_.Logits(
        options().task.frozen ? cache_.OfBatch(volumes, inputs.at("place").cpu(), see)
                              : see(volumes));
    const at::Tensor loss = (at::softplus(scores) - scores * inputs.at("label")).mean();
    return {loss, {{"cross_entropy", loss.detach()}, {"total", loss.detach()}}};
  }
  void AfterInit() override { cache_.Clear(); }

 protected:
  std::string ScoreName() const override { return "auc"; }

  // The score and the class.
  at::Tensor Measure(const Survey& /*survey*/, const LabelledVolume& volume,
                     const LabelledVolume* /*partner*/, const GoesOn& goes_on) override {
    const at::Tensor voxels = volume.voxels[0].to(options().device);
    const at::Tensor logit = MeanLogit(
        network_, voxels, options().task.patch,
        [&](const at::Tensor& crop, const VolumeExtent& origin) {
          return Features({volume.volume, origin}, crop);
        },
        goes_on);
    return at::tensor({logit.item<float>(), static_cast<float>(volume.label.value_or(0))});
  }

  double ScoreOf(const at::Tensor& measured) const override {
    const auto area = AreaOf(measured);
    return area.ok() ? area->auc : std::numeric_limits<double>::quiet_NaN();
  }

  Scores ResultOf(const at::Tensor& measured) const override {
    const auto area = AreaOf(measured);
    if (!area.ok()) return {};
    Scores scores = {{"auc", area->auc}};
    if (area->confidence95) {
      scores["auc_low"] = area->confidence95->low;
      scores["auc_high"] = area->confidence95->high;
    }
    return scores;
  }

 private:
  ClassifyTask(const MethodOptions& options, BuiltNetwork&& built, PartedWeights weights)
      : Task(options, std::move(weights.with), std::move(weights.without),
             {Survey::View::kWhole, 2, 2}),
        network_(std::move(built.network)) {}

  at::Tensor Features(const FeatureCache::Place& place, const at::Tensor& volume) {
    if (!options().task.frozen) return network_.Features(volume);
    return cache_.Get(place, [&] { return network_.Features(volume); }).to(options().device);
  }

  ClassificationNetwork network_;
  FeatureCache cache_;
};

}  // namespace

std::unique_ptr<Method> MakeClassifyTask(const MethodOptions& options) {
  return std::make_unique<ClassifyTask>(options, BuiltNetwork(options));
}

}  // namespace gvsl::model
