#include "model/methods/gvsl_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "model/augmentation.h"
#include "model/field_health.h"
#include "model/initial_weights.h"
#include "model/losses.h"
#include "model/methods/methods.h"

namespace gvsl::model {

GvslMethod::GvslMethod(const NetworkOptions& options, std::uint64_t seed) : network_(options) {
  FillInitialWeights(network_.parameters(), seed);
}

std::vector<std::string> GvslMethod::LossNames() const {
  std::vector<std::string> names;
  if (network_.options().matching) names = {"ncc", "smooth"};
  if (network_.options().restoration) names.push_back("restoration");
  names.push_back("total");
  return names;
}

std::vector<std::string> GvslMethod::IndicatorNames() const {
  if (!network_.options().matching) return {};
  return MatchingIndicatorNames();
}

NamedTensors GvslMethod::NamedParameters() { return network_.parameters(); }

Inputs GvslMethod::Augment(const std::vector<PairSample>& samples) {
  const auto augment = [this](const PairSample& sample) {
    return AugmentPair(sample, network_.options().device);
  };
  const at::Tensor batch = Batch(samples, augment).to(network_.options().dtype);
  Inputs inputs = {{"fixed", batch.narrow(1, 0, 1).contiguous()},
                   {"damaged", batch.narrow(1, 1, 1).contiguous()}};
  if (network_.options().matching) inputs["moving"] = batch.narrow(1, 2, 1).contiguous();
  return inputs;
}

Outcome LossesOf(const NetworkOutput& output, const at::Tensor& fixed) {
  Outcome outcome;
  const auto add = [&outcome](const char* name, const at::Tensor& loss) {
    outcome.loss = outcome.loss.defined() ? outcome.loss + loss : loss;
    outcome.parts.emplace_back(name, loss.detach());
  };
  if (output.warped.defined()) {
    add("ncc", NccLoss(output.warped, fixed));
    add("smooth", SmoothLoss(output.matching.displacement));
  }
  if (output.restored.defined()) add("restoration", RestorationLoss(output.restored, fixed));
  outcome.parts.emplace_back("total", outcome.loss.detach());
  return outcome;
}

std::vector<std::string> MatchingIndicatorNames() {
  return {"ncc_before", "ncc_after", "displacement", "folding"};
}

void AddMatchingIndicators(const NetworkOutput& output, const at::Tensor& fixed,
                           const at::Tensor& moving, Outcome& outcome) {
  const at::NoGradGuard no_graph;
  const at::Tensor& field = output.matching.field;
  outcome.indicators = {{"ncc_before", 1 - NccLoss(moving, fixed)},
                        {"ncc_after", 1 - outcome.parts.front().second},
                        {"displacement", MeanDisplacement(field)},
                        {"folding", FoldingShare(field)}};
}

NetworkOptions NetworkOptionsOf(const MethodOptions& options) {
  NetworkOptions network;
  network.width = options.width;
  network.device = options.device;
  network.geometry = options.geometry;
  network.matching = options.method != "gvsl-no-matching";
  network.restoration = options.method != "gvsl-no-restoration";
  network.affine = options.method != "gvsl-no-affine";
  return network;
}

MethodPointer MakeGvsl(const MethodOptions& options) {
  return std::make_unique<GvslMethod>(NetworkOptionsOf(options), options.seed);
}

Outcome GvslMethod::Forward(const Inputs& inputs) {
  const bool matching = network_.options().matching;
  const at::Tensor moving = matching ? inputs.at("moving") : at::Tensor();
  const NetworkOutput output = network_.Forward(inputs.at("damaged"), moving);
  Outcome outcome = LossesOf(output, inputs.at("fixed"));
  if (matching) AddMatchingIndicators(output, inputs.at("fixed"), moving, outcome);
  return outcome;
}

}  // namespace gvsl::model
