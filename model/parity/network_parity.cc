#include "model/parity/network_parity.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/text.h"
#include "model/adam.h"
#include "model/affine_map.h"
#include "model/gvsl_network.h"
#include "model/methods/gvsl_method.h"

namespace gvsl::model {
namespace {

using at::indexing::Slice;

// tests/golden/README.md, section 5; relative L2 unless said otherwise.
constexpr double kFirstLoss = 3e-5;
constexpr double kLaterLosses = 3e-2;
constexpr double kWorstGradient = 5e-2;
constexpr double kMedianGradient = 5e-3;
constexpr double kParameterNorms = 3e-4;
constexpr double kDisplacement = 5e-4;  // largest absolute, voxels
constexpr double kVolumes = 1e-4;
constexpr double kAffine = 5e-5;
constexpr double kFeatures = 1e-3;  // largest absolute

at::Tensor EveryFourth(const at::Tensor& x, bool channels, bool space) {
  const Slice fourth(at::indexing::None, at::indexing::None, 4);
  const Slice all;
  const Slice s = space ? fourth : all;
  return x.detach().index({all, channels ? fourth : all, s, s, s});
}

double RelativeError(double value, double expected) {
  return std::abs(value - expected) / (expected != 0 ? std::abs(expected) : 1);
}

// The worst of mean and standard deviation, in standard deviations, and of the sum of absolute
// values.
double StatisticsError(const at::Tensor& x, const at::Tensor& expected) {
  const at::Tensor values = x.detach().to(at::kDouble);
  const auto wanted = [&expected](int k) { return expected[k].item<double>(); };
  const double spread = wanted(1);
  const double of_mean = std::abs(values.mean().item<double>() - wanted(0)) / spread;
  const double of_spread =
      std::abs(values.std(/*unbiased=*/false).item<double>() - spread) / spread;
  return Worse(Worse(of_mean, of_spread),
               RelativeError(values.abs().sum().item<double>(), wanted(2)));
}

// The worst of norm, sum and first elements of a gradient against its row (has_gradient, L2 norm,
// sum, first 8).
double GradientError(const at::Tensor& gradient_of_parameter, const at::Tensor& row) {
  const at::Tensor gradient = gradient_of_parameter.to(at::kDouble).flatten();
  const double norm = row[1].item<double>();
  const double root = std::sqrt(static_cast<double>(gradient.numel()));
  const auto count = std::min<std::int64_t>(8, gradient.numel());
  const at::Tensor first = row.narrow(0, 3, count);
  const double scale = std::max(first.abs().max().item<double>(), norm / root);
  const double of_sum =
      std::abs(gradient.sum().item<double>() - row[2].item<double>()) / norm / root;
  const double of_first = LargestDifference(gradient.narrow(0, 0, count), first) / scale;
  return Worse(Worse(RelativeError(gradient.norm().item<double>(), norm), of_sum), of_first);
}

class NetworkComparison {
 public:
  NetworkComparison(const GoldenFolder& folder, const GoldenFile& file, const GoldenCase& the_case,
                    Geometry geometry, at::ScalarType dtype)
      : file_(file),
        where_(the_case.name + (released(geometry) ? "_reference" : "_corrected")),
        network_(Options(folder, geometry, dtype)) {
    FillGoldenParameters(network_.parameters(), folder.run);
    GoldenCase items = the_case;
    if (released(geometry)) items.batch = 1;  // all that the released code can do
    const auto volumes = [&](char role) {
      return GoldenVolumes(items, role, folder.run).to(dtype);
    };
    fixed_ = volumes('A');
    damaged_ = volumes('X');
    moving_ = volumes('B');
  }

  Deviations Run(int adam_steps) {
    std::vector<at::Tensor> parameters;
    for (const auto& [name, parameter] : network_.parameters()) parameters.push_back(parameter);
    Adam adam(parameters, {});
    Step(0);
    CompareFeatures();
    CompareAlignment();
    CompareGradients();
    for (std::uint64_t step = 0; step < static_cast<std::uint64_t>(adam_steps); ++step) {
      adam.Update(step, AdamOptions{}.learning_rate);
      if (step != 1) CompareParameters(step + 1);
      for (at::Tensor& parameter : parameters) parameter.mutable_grad() = at::Tensor();
      Step(step + 1);
    }
    CompareLosses();
    return std::move(rows_);
  }

 private:
  static bool released(Geometry geometry) { return geometry == Geometry::kReleased; }

  static NetworkOptions Options(const GoldenFolder& folder, Geometry geometry,
                                at::ScalarType dtype) {
    NetworkOptions options;
    options.width = folder.width;
    options.geometry = geometry;
    options.dtype = dtype;
    return options;
  }

  void Add(const std::string& quantity, double deviation, double bound) {
    rows_.push_back({where_, quantity, deviation, bound});
  }

  void Step(std::uint64_t step) {
    output_ = network_.Forward(damaged_, moving_);
    Outcome outcome = LossesOf(output_, fixed_);
    for (const auto& [name, loss] : outcome.parts) losses_[step].push_back(loss.item<double>());
    outcome.loss.backward();
  }

  void CompareFeatures() {
    const auto compare = [this](const at::Tensor& value, const std::string& name, bool channels,
                                bool space, double bound) {
      if (file_.Has(name + ".sub")) {
        const at::Tensor part = EveryFourth(value, channels, space);
        Add(name, LargestDifference(part, file_.Read(name + ".sub")), bound);
      }
      if (file_.Has(name + ".stats")) {
        Add(name + ".stats", StatisticsError(value, file_.Read(name + ".stats")), kVolumes);
      }
    };
    compare(output_.fixed.global, "f_g_A", true, false, kFeatures);
    compare(output_.moving.global, "f_g_B", true, false, kFeatures);
    compare(output_.fixed.local, "f_l_A", true, true, kFeatures);
    compare(output_.moving.local, "f_l_B", true, true, kFeatures);
    compare(output_.matching.aligned, "f_l_B_affine", true, true, kFeatures);
    compare(output_.matching.field, "fused", false, true, kDisplacement);
  }

  void CompareAlignment() {
    const Matching& matching = output_.matching;
    Add("affine.raw", RelativeL2(matching.raw, file_.Read("affine.raw")), kAffine);
    if (file_.Has("affine.limited")) {
      Add("affine.limited", RelativeL2(LimitAffine(matching.raw), file_.Read("affine.limited")),
          kAffine);
    }
    Add("affine.matrix", RelativeL2(matching.matrix, file_.Read("affine.matrix")), kAffine);
    Add("displacement", LargestDifference(matching.displacement, file_.Read("displacement")),
        kDisplacement);
    Add("restored", RelativeL2(output_.restored, file_.Read("restored")), kVolumes);
    Add("warped_B", RelativeL2(output_.warped, file_.Read("warped_B")), kVolumes);
  }

  void CompareGradients() {
    const at::Tensor rows = file_.Read("grads");
    std::vector<double> errors;
    double unlike = std::abs(static_cast<double>(rows.size(0)) -
                             static_cast<double>(network_.parameters().size()));
    for (std::size_t k = 0; unlike == 0 && k < network_.parameters().size(); ++k) {
      const at::Tensor& gradient = network_.parameters()[k].second.grad();
      const at::Tensor row = rows[static_cast<std::int64_t>(k)];
      if (gradient.defined() != (row[0].item<double>() != 0)) {
        ++unlike;
      } else if (gradient.defined()) {
        errors.push_back(GradientError(gradient, row));
      }
    }
    Add("gradients.missing_or_left_over", unlike, 0);
    if (errors.empty()) return;
    std::sort(errors.begin(), errors.end());
    Add("gradients.worst", errors.back(), kWorstGradient);
    Add("gradients.median", (errors[(errors.size() - 1) / 2] + errors[errors.size() / 2]) / 2,
        kMedianGradient);
  }

  void CompareParameters(std::uint64_t steps) {
    const std::string name = Concat("params_after_", steps);
    const at::Tensor rows = file_.Read(name);
    double worst = 0;
    for (std::size_t k = 0; k < network_.parameters().size(); ++k) {
      const double norm =
          network_.parameters()[k].second.detach().to(at::kDouble).norm().item<double>();
      const double expected = rows[static_cast<std::int64_t>(k)][0].item<double>();
      worst = Worse(worst, RelativeError(norm, expected));
    }
    Add(name + ".norm", worst, kParameterNorms);
  }

  void CompareLosses() {
    const at::Tensor rows = file_.Read("losses");
    const std::vector<std::string> names = {"ncc", "smooth", "restoration", "total"};
    for (std::size_t k = 0; k < names.size(); ++k) {
      const auto error = [&](std::size_t step) {
        const double expected =
            rows[static_cast<std::int64_t>(step)][static_cast<std::int64_t>(k)].item<double>();
        return RelativeError(losses_[step].at(k), expected);
      };
      Add("loss." + names[k] + ".step0", error(0), kFirstLoss);
      if (losses_.back().empty()) continue;
      Add("loss." + names[k] + ".step1-3", Worse(Worse(error(1), error(2)), error(3)),
          kLaterLosses);
    }
  }

  const GoldenFile& file_;
  const std::string where_;
  GvslNetwork network_;
  at::Tensor fixed_, damaged_, moving_;
  NetworkOutput output_;
  std::array<std::vector<double>, 4> losses_;  // by step; ncc, smooth, restoration, total
  Deviations rows_;
};

}  // namespace

Deviations CompareInputs(const GoldenFolder& folder) {
  Deviations rows;
  const auto add = [&rows](const std::string& quantity, const at::Tensor& values,
                           const nlohmann::json& entry) {
    const bool same = Crc32OfFloats(values) == entry.at("crc32").get<std::uint32_t>();
    rows.push_back({"index", quantity, same ? 0.0 : 1.0, 0});
  };
  for (const GoldenCase& the_case : folder.cases) {
    const nlohmann::json& inputs = folder.index.at("cases").at(the_case.name).at("inputs");
    for (const char role : {'A', 'X', 'B'}) {
      add(Concat("input.", the_case.name, ".", role), GoldenVolumes(the_case, role, folder.run),
          inputs.at(std::string(1, role)));
    }
  }
  NetworkOptions options;
  options.width = folder.width;
  const GvslNetwork network(options);
  FillGoldenParameters(network.parameters(), folder.run);
  const nlohmann::json& listed = folder.index["params"];
  double unlike = std::abs(static_cast<double>(listed.size()) -
                           static_cast<double>(network.parameters().size()));
  for (std::size_t k = 0; unlike == 0 && k < listed.size(); ++k) {
    const auto& [name, parameter] = network.parameters()[k];
    const bool same =
        name == listed[k].at("name").get<std::string>() &&
        parameter.sizes().vec() == listed[k].at("shape").get<std::vector<std::int64_t>>() &&
        Crc32OfFloats(parameter.detach()) == listed[k].at("crc32").get<std::uint32_t>();
    if (!same) unlike += 1;
  }
  rows.push_back({"index", "parameters.names_shapes_values", unlike, 0});
  return rows;
}

Deviations CompareNetwork(const GoldenFolder& folder, const GoldenFile& file,
                          const GoldenCase& the_case, Geometry geometry, at::ScalarType dtype,
                          int adam_steps) {
  return NetworkComparison(folder, file, the_case, geometry, dtype).Run(adam_steps);
}

}  // namespace gvsl::model
