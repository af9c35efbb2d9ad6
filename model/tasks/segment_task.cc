// Segmentation: the published downstream evaluation of GVSL (section 4.1 and its released code).
// One 3x3x3 convolution to the classes on the local features; frozen, it alone is trained. Dice
// loss over all classes with squared denominators, no augmentation. Whole volumes are seen through
// windows that overlap by half and measured by hard Dice of each foreground class.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <span>

#include "common/text.h"
#include "model/initial_weights.h"
#include "model/losses.h"
#include "model/metrics/overlap.h"
#include "model/metrics/surface_distance.h"
#include "model/tasks/feature_cache.h"
#include "model/tasks/segmentation_network.h"
#include "model/tasks/sliding_window.h"
#include "model/tasks/task.h"
#include "model/tasks/tasks.h"

namespace gvsl::model {
namespace {

struct BuiltNetwork {
  explicit BuiltNetwork(const MethodOptions& options)
      : parameters(at::TensorOptions(at::kFloat).device(options.device)),
        network(parameters, options.width, options.task.classes) {
    FillInitialWeights(parameters.all(), options.seed);
  }
  ParameterList parameters;
  SegmentationNetwork network;
};

std::span<const std::int32_t> Span(const at::Tensor& labels) {
  return {labels.const_data_ptr<std::int32_t>(), static_cast<std::size_t>(labels.numel())};
}

class SegmentTask final : public Task {
 public:
  SegmentTask(const MethodOptions& options, BuiltNetwork&& built)
      : SegmentTask(options, std::move(built),
                    PartByPrefix(built.parameters.all(), options.task.frozen ? "head." : "")) {}

  std::vector<std::string> LossNames() const override { return {"dice", "total"}; }

  Inputs Augment(const std::vector<PairSample>& samples) override {
    std::vector<at::Tensor> labels;
    for (const PairSample& sample : samples) labels.push_back(sample.labels);
    return {{"volume", BatchOfVolumes(samples, options().device)},
            {"labels", at::stack(labels).to(options().device)},
            {"place", PlacesOf(samples)}};
  }

  Outcome Forward(const Inputs& inputs) override {
    const at::Tensor& volumes = inputs.at("volume");
    const auto see = [this](const at::Tensor& batch) { return network_.Features(batch); };
    const at::Tensor features = options().task.frozen
                                    ? cache_.OfBatch(volumes, inputs.at("place").cpu(), see)
                                    : see(volumes);
    const at::Tensor loss = DiceLoss(network_.Probabilities(features), inputs.at("labels"));
    return {loss, {{"dice", loss.detach()}, {"total", loss.detach()}}};
  }
  void AfterInit() override { cache_.Clear(); }

 protected:
  std::string ScoreName() const override { return "dsc"; }

  // The Dice of each foreground class; then, for the result, its HD95 and its ASSD in mm.
  at::Tensor Measure(const Survey& survey, const LabelledVolume& volume,
                     const LabelledVolume* /*partner*/, const GoesOn& goes_on) override {
    const at::Tensor prediction = Segment(volume, goes_on).to(at::kInt).contiguous();
    const at::Tensor truth = volume.labels.to(at::kInt).contiguous();
    at::Tensor row = at::full({survey.floats}, kNothing);
    float* values = row.mutable_data_ptr<float>();
    const auto overlaps = CountOverlap(Span(prediction), Span(truth));
    for (const auto& [label, overlap] : overlaps) {
      if (label > 0 && label <= foreground_) values[label - 1] = static_cast<float>(Dice(overlap));
    }
    if (survey.last) AddDistances(prediction, truth, volume.spacing, goes_on, values);
    return row;
  }

  double ScoreOf(const at::Tensor& measured) const override {
    const std::vector<double> means = MeansOfVolumes(measured);
    double sum = 0;
    for (const double mean : means) sum += mean;
    return sum / static_cast<double>(means.size());  // of nothing: NaN
  }

  Scores ResultOf(const at::Tensor& measured) const override {
    Scores scores = {{"dsc_mean", ScoreOf(measured)}};
    double squares = 0;
    const std::vector<double> means = MeansOfVolumes(measured);
    for (const double mean : means) squares += std::pow(mean - scores["dsc_mean"], 2);
    if (means.size() > 1) {
      scores["dsc_std"] = std::sqrt(squares / static_cast<double>(means.size() - 1));
    }
    AddClasses("dsc", 0, measured, scores);
    AddClasses("hd95", 1, measured, scores);
    AddClasses("assd", 2, measured, scores);
    for (std::int64_t k = 0; k < foreground_; ++k) {
      scores[Concat("unmeasured.", k + 1)] = CountUnmeasured(measured, k);
    }
    return scores;
  }

 private:
  SegmentTask(const MethodOptions& options, BuiltNetwork&& built, PartedWeights weights)
      : Task(options, std::move(weights.with), std::move(weights.without),
             {Survey::View::kWhole, options.task.classes - 1, 3 * (options.task.classes - 1)}),
        foreground_(options.task.classes - 1),
        network_(std::move(built.network)) {}

  at::Tensor FeaturesAt(const FeatureCache::Place& place, const at::Tensor& volume) {
    return cache_.Get(place, [&] { return network_.Features(volume); }).to(options().device);
  }

  // A class that one of the maps lacks has no distance.
  void AddDistances(const at::Tensor& prediction, const at::Tensor& truth,
                    const std::array<double, 3>& spacing, const GoesOn& goes_on,
                    float* values) const {
    const VoxelGrid grid = {{truth.size(0), truth.size(1), truth.size(2)}, spacing};
    for (std::int32_t label = 1; label <= foreground_ && goes_on(); ++label) {
      const auto distance = MeasureSurfaceDistance(Span(prediction), Span(truth), grid, label);
      if (!distance.ok() || !distance->has_value()) continue;
      values[foreground_ + label - 1] = static_cast<float>((*distance)->hd95);
      values[2 * foreground_ + label - 1] = static_cast<float>((*distance)->assd);
    }
  }

  // The volumes in which truth or prediction has the class, but not both.
  double CountUnmeasured(const at::Tensor& measured, std::int64_t k) const {
    double count = 0;
    for (std::int64_t row = 0; row < measured.size(0); ++row) {
      const bool occurs = measured[row][k].item<float>() != kNothing;
      if (occurs && measured[row][foreground_ + k].item<float>() == kNothing) ++count;
    }
    return count;
  }

  at::Tensor Segment(const LabelledVolume& volume, const GoesOn& goes_on) {
    const at::Tensor voxels = volume.voxels[0].to(options().device);
    return GreatestClass(SumOverWindows(
        voxels, options().task.patch,
        [&](const at::Tensor& crop, const VolumeExtent& origin) {
          return network_.Probabilities(options().task.frozen
                                            ? FeaturesAt({volume.volume, origin}, crop)
                                            : network_.Features(crop));
        },
        goes_on));
  }

  // Of the classes that are there.
  std::vector<double> MeansOfVolumes(const at::Tensor& measured) const {
    std::vector<double> means;
    for (std::int64_t row = 0; row < measured.size(0); ++row) {
      double sum = 0;
      int count = 0;
      for (std::int64_t k = 0; k < foreground_; ++k) {
        const float dice = measured[row][k].item<float>();
        if (dice == kNothing) continue;
        sum += dice;
        ++count;
      }
      if (count > 0) means.push_back(sum / count);
    }
    return means;
  }

  void AddClasses(const std::string& name, std::int64_t block, const at::Tensor& measured,
                  Scores& scores) const {
    double sum = 0;
    int count = 0;
    for (std::int64_t k = 0; k < foreground_; ++k) {
      const auto mean = MeanOfColumn(measured, block * foreground_ + k);
      if (!mean) continue;
      scores[Concat(name, ".", k + 1)] = *mean;
      sum += *mean;
      ++count;
    }
    if (block > 0 && count > 0) scores[name + "_mean"] = sum / count;
  }

  std::int32_t foreground_;
  SegmentationNetwork network_;
  FeatureCache cache_;
};

}  // namespace

std::unique_ptr<Method> MakeSegmentTask(const MethodOptions& options) {
  return std::make_unique<SegmentTask>(options, BuiltNetwork(options));
}

}  // namespace gvsl::model
