// GVSL and its ablations as a pre-training method.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/gvsl_network.h"
#include "model/method.h"

namespace gvsl::model {

// The losses of what the network made of a pair, `fixed` being the clean volume: those of "ncc",
// "smooth" and "restoration" that its parts give, and "total", their sum (paper, equation 9).
Outcome LossesOf(const NetworkOutput& output, const at::Tensor& fixed);

// The network that options of gvsl or of one of its ablations ask for.
NetworkOptions NetworkOptionsOf(const MethodOptions& options);

// How healthy the matching of a pair is: field_health.h, and the local correlation of B and A.
std::vector<std::string> MatchingIndicatorNames();
// Adds them to what LossesOf gave.
void AddMatchingIndicators(const NetworkOutput& output, const at::Tensor& fixed,
                           const at::Tensor& moving, Outcome& outcome);

// Inputs by name: "fixed" (A), "damaged" (A's input to the network) and, with matching, "moving"
// (B).
class GvslMethod final : public Method {
 public:
  GvslMethod(const NetworkOptions& options, std::uint64_t seed);

  std::vector<std::string> LossNames() const override;
  // With matching: MatchingIndicatorNames().
  std::vector<std::string> IndicatorNames() const override;
  NamedTensors NamedParameters() override;
  Inputs Augment(const std::vector<PairSample>& samples) override;
  Outcome Forward(const Inputs& inputs) override;

 private:
  GvslNetwork network_;
};

}  // namespace gvsl::model
