// DeepCluster: Caron et al., "Deep clustering for unsupervised learning of visual features" (ECCV
// 2018), section 3.2: every so often the pooled bottleneck of every volume is whitened and
// clustered (clustering.h), and a new linear layer learns to name the clusters. The paper does so
// each round, of some 5,000 steps; here it is as many whole rounds as make 500 steps. Volumes of a
// small cluster weigh more, which the paper takes to be the same as drawing clusters evenly. A
// tenth as many clusters as volumes, at least 2, at most the paper's 10,000; up to 256 directions
// as in the paper, but 8 volumes for each.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "common/text.h"
#include "model/augmentation.h"
#include "model/initial_weights.h"
#include "model/methods/clustering.h"
#include "model/methods/encoder.h"
#include "model/methods/methods.h"

namespace gvsl::model {
namespace {

std::int64_t ClustersOf(std::int64_t volumes) {
  return std::min(volumes, std::clamp<std::int64_t>(volumes / 10, 2, 10'000));
}

class DeepCluster final : public Method {
 public:
  explicit DeepCluster(const MethodOptions& options)
      : options_(options),
        clusters_(ClustersOf(options.volumes)),
        encoder_(options),
        classifier_(encoder_.parameters(), "classifier", encoder_.channels(), clusters_),
        assigned_(at::zeros({options.volumes}, at::kFloat)) {
    FillInitialWeights(encoder_.parameters().all(), options.seed);
  }

  std::vector<std::string> LossNames() const override { return {"cross_entropy", "total"}; }
  NamedTensors NamedParameters() override { return encoder_.Trained(); }
  NamedTensors FixedWeights() override { return encoder_.Fixed(); }
  NamedTensors NamedState() override { return {{"clusters", assigned_}}; }

  std::vector<Survey> SurveysAt(std::uint64_t step) const override {
    const std::uint64_t period =
        ClusteringPeriod(options_.volumes, options_.slots * options_.batch_per_slot);
    if (step % period != 0 || step >= options_.steps) return {};
    return {{Part::kTrain, Survey::View::kMiddle, encoder_.channels()}};
  }
  at::Tensor Describe(const Survey& /*survey*/, const LabelledVolume& volume,
                      const LabelledVolume* /*partner*/, const GoesOn& /*goes_on*/) override {
    const at::NoGradGuard no_graph;
    return encoder_.Pooled(volume.voxels.unsqueeze(0).to(options_.device))[0];
  }
  std::vector<std::string> TakeDescriptions(std::uint64_t step, const Survey& /*survey*/,
                                            const at::Tensor& descriptions,
                                            const std::function<bool()>& goes_on) override {
    const std::int64_t components = std::clamp<std::int64_t>(
        options_.volumes / 8, 1, std::min<std::int64_t>(256, encoder_.channels()));
    Philox draws(options_.seed, DrawPurpose::kClusters, step, 0);
    const auto clusters = KMeans(WhitenedRows(descriptions, components), clusters_, draws, goes_on);
    std::copy(clusters.begin(), clusters.end(), assigned_.data_ptr<float>());
    return RenewClassifier(step);
  }

  Inputs Augment(const std::vector<PairSample>& samples) override {
    std::vector<std::int64_t> volumes;
    const at::Tensor batch = Batch(samples, [&](const PairSample& sample) {
      volumes.push_back(sample.volume);
      return WarpTogether({sample.a}, sample.key, options_.device);
    });
    const at::Tensor wanted = assigned_.index_select(0, at::tensor(volumes));
    return {{"volume", batch}, {"cluster", wanted.to(at::kLong)}};
  }
  Outcome Forward(const Inputs& inputs) override {
    const at::Tensor scores = classifier_.Forward(encoder_.Pooled(inputs.at("volume")));
    const at::Tensor one_hot = at::one_hot(inputs.at("cluster"), clusters_).to(at::kFloat);
    const at::Tensor wanted = (one_hot * Weights()).to(options_.device);
    const at::Tensor loss = -(scores.log_softmax(1) * wanted).sum(1).mean();
    return {loss, {{"cross_entropy", loss.detach()}, {"total", loss.detach()}}};
  }

 private:
  // By cluster: the inverse of its size, so that the mean over all volumes is 1.
  at::Tensor Weights() const {
    const at::Tensor sizes = at::bincount(assigned_.to(at::kLong), {}, clusters_);
    return static_cast<double>(options_.volumes) /
           (static_cast<double>(clusters_) * sizes.clamp_min(1).to(at::kFloat));
  }

  // The classifier as new, from the seed and the step: the clusters' numbers mean nothing beyond
  // one clustering. Returns its parameters' names.
  std::vector<std::string> RenewClassifier(std::uint64_t step) {
    std::vector<std::string> names;
    NamedTensors renewed;
    for (const auto& [name, parameter] : encoder_.Heads()) {
      names.push_back(name);
      renewed.emplace_back(Concat("step", step, ".", name), parameter);
    }
    FillInitialWeights(renewed, options_.seed);
    return names;
  }

  MethodOptions options_;
  std::int64_t clusters_;
  Encoder encoder_;
  Linear classifier_;
  at::Tensor assigned_;  // (volumes), on the CPU: whole numbers, the cluster of each
};

}  // namespace

MethodPointer MakeDeepCluster(const MethodOptions& options) {
  return std::make_unique<DeepCluster>(options);
}

}  // namespace gvsl::model
