// Registration: the Z-matching head on the backbone, trained on pairs by how well B aligns with A
// and how smooth the displacement is (GVSL, section 3.2, without the restoration and without
// damage). Frozen, the head alone is trained. Measured on whole volumes, each with the next of
// another subject: Dice of A's labels with B's before and after, where there are labels, and the
// local correlation.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <limits>

#include "model/gvsl_network.h"
#include "model/initial_weights.h"
#include "model/losses.h"
#include "model/methods/gvsl_method.h"
#include "model/metrics/overlap.h"
#include "model/metrics/warp_labels.h"
#include "model/tasks/task.h"
#include "model/tasks/tasks.h"

namespace gvsl::model {
namespace {

enum Column : std::int64_t { kDiceBefore, kDiceAfter, kNccBefore, kNccAfter, kColumns };

std::unique_ptr<GvslNetwork> BuildNetwork(const MethodOptions& options) {
  NetworkOptions wanted = NetworkOptionsOf(options);
  wanted.matching = true;
  wanted.restoration = false;
  auto network = std::make_unique<GvslNetwork>(wanted);
  FillInitialWeights(network->parameters(), options.seed);
  return network;
}

// What is beyond a volume's end is of no class, and neither is the background.
Labels ForegroundOf(const at::Tensor& labels) {
  const at::Tensor known = labels.clamp_min(0).to(at::kInt).contiguous();
  const auto* first = known.const_data_ptr<std::int32_t>();
  return {first, first + known.numel()};
}

class RegisterTask final : public Task {
 public:
  RegisterTask(const MethodOptions& options, std::unique_ptr<GvslNetwork> network,
               PartedWeights weights)
      : Task(options, std::move(weights.without), std::move(weights.with),
             {Survey::View::kPair, kColumns, kColumns}),
        network_(std::move(network)) {}

  std::vector<std::string> LossNames() const override { return {"ncc", "smooth", "total"}; }
  std::vector<std::string> IndicatorNames() const override { return MatchingIndicatorNames(); }

  Inputs Augment(const std::vector<PairSample>& samples) override {
    std::vector<at::Tensor> moving;
    for (const PairSample& sample : samples) moving.push_back(sample.b);
    return {{"fixed", BatchOfVolumes(samples, options().device)},
            {"moving", at::stack(moving).to(options().device)}};
  }
  Outcome Forward(const Inputs& inputs) override {
    const at::Tensor& fixed = inputs.at("fixed");
    const at::Tensor& moving = inputs.at("moving");
    const NetworkOutput output = network_->Forward(fixed, moving);
    Outcome outcome = LossesOf(output, fixed);
    AddMatchingIndicators(output, fixed, moving, outcome);
    return outcome;
  }

 protected:
  // Absent Dice means that there are no labels.
  std::string ScoreName() const override { return options().task.classes > 1 ? "dsc" : "ncc"; }

  at::Tensor Measure(const Survey& /*survey*/, const LabelledVolume& fixed,
                     const LabelledVolume* moving, const GoesOn& goes_on) override {
    const auto batch = [&](const at::Tensor& volume) {
      return volume.unsqueeze(0).to(options().device);
    };
    const at::Tensor a = batch(fixed.voxels), b = batch(moving->voxels);
    const NetworkOutput output = network_->Forward(a, b);
    goes_on();
    std::vector<float> row(kColumns, kNothing);
    row[kNccBefore] = 1 - NccLoss(b, a).item<float>();
    row[kNccAfter] = 1 - NccLoss(output.warped, a).item<float>();
    if (fixed.labels.defined() && moving->labels.defined()) {
      const at::Tensor field = WholeField(output.matching)[0].to(at::kCPU).contiguous();
      const Labels truth = ForegroundOf(fixed.labels), before = ForegroundOf(moving->labels);
      const Labels after = WarpLabels(
          before, {field.const_data_ptr<float>(), static_cast<std::size_t>(field.numel())},
          {field.size(1), field.size(2), field.size(3)});
      row[kDiceBefore] = static_cast<float>(MeanDiceOfTrueLabels(before, truth).value_or(kNothing));
      row[kDiceAfter] = static_cast<float>(MeanDiceOfTrueLabels(after, truth).value_or(kNothing));
    }
    return at::tensor(row);
  }

  double ScoreOf(const at::Tensor& measured) const override {
    const std::int64_t column = options().task.classes > 1 ? kDiceAfter : kNccAfter;
    return MeanOfColumn(measured, column).value_or(std::numeric_limits<double>::quiet_NaN());
  }

  Scores ResultOf(const at::Tensor& measured) const override {
    Scores scores;
    for (const auto& [name, column] :
         {std::pair("dsc_before", kDiceBefore), std::pair("dsc_after", kDiceAfter),
          std::pair("ncc_before", kNccBefore), std::pair("ncc_after", kNccAfter)}) {
      if (const auto mean = MeanOfColumn(measured, column)) scores[name] = *mean;
    }
    return scores;
  }

 private:
  std::unique_ptr<GvslNetwork> network_;
};

}  // namespace

std::unique_ptr<Method> MakeRegisterTask(const MethodOptions& options) {
  auto network = BuildNetwork(options);
  PartedWeights weights =
      PartByPrefix(network->parameters(), options.task.frozen ? "unet." : "no weights");
  return std::make_unique<RegisterTask>(options, std::move(network), std::move(weights));
}

}  // namespace gvsl::model
