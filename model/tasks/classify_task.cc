// Classification of whole volumes into two: the published evaluation of GVSL (section 4.1): a
// linear layer and a sigmoid on the pooled bottleneck; frozen, it alone is trained. The paper does
// not say how it pools, with what loss, or what a network sees of a volume: here the mean over
// space, binary cross entropy, and the mean score of windows that overlap by half. Measured by the
// area under the ROC curve.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
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
    std::vector<std::int64_t> places;
    for (const PairSample& sample : samples) {
      labels.push_back(static_cast<float>(sample.label.value_or(0)));
      places.push_back(sample.volume);
      places.insert(places.end(), sample.origin.begin(), sample.origin.end());
    }
    return {{"volume", BatchOfVolumes(samples, options().device)},
            {"label", at::tensor(labels).to(options().device)},
            {"place", at::tensor(places).view({-1, 4})}};
  }

  Outcome Forward(const Inputs& inputs) override {
    const at::Tensor& volumes = inputs.at("volume");
    const at::Tensor scores =
        network_.Logits(options().task.frozen ? KeptFeatures(volumes, inputs.at("place").cpu())
                                              : network_.Features(volumes));
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
  // One sample at a time, so that each is the same whatever it is together with. A crop from
  // elsewhere than a volume's first voxel hardly comes again.
  at::Tensor KeptFeatures(const at::Tensor& volumes, const at::Tensor& places) {
    std::vector<at::Tensor> features;
    for (std::int64_t n = 0; n < volumes.size(0); ++n) {
      const at::Tensor row = places[n];
      const auto* place = row.const_data_ptr<std::int64_t>();
      const VolumeExtent origin = {place[1], place[2], place[3]};
      const at::Tensor volume = volumes.narrow(0, n, 1);
      features.push_back(origin == VolumeExtent{} ? Features({place[0], origin}, volume)
                                                  : network_.Features(volume).detach());
    }
    return at::cat(features);
  }

  ClassificationNetwork network_;
  FeatureCache cache_;
};

}  // namespace

std::unique_ptr<Method> MakeClassifyTask(const MethodOptions& options) {
  return std::make_unique<ClassifyTask>(options, BuiltNetwork(options));
}

}  // namespace gvsl::model
