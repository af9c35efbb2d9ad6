// What the downstream tasks have in common: when they look at which part, and with which weights.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/method.h"
#include "model/tasks/validation_record.h"

namespace gvsl::model {

// Validates every so many steps and after the last; then makes the result of the test part, where
// there is one, with the best weights. Not thread-safe.
class Task : public Method {
 public:
  NamedTensors NamedParameters() final { return trained_; }
  NamedTensors FixedWeights() final { return fixed_; }
  NamedTensors NamedState() final { return record_.State(); }
  std::vector<Survey> SurveysAt(std::uint64_t step) const final;
  at::Tensor Describe(const Survey& survey, const LabelledVolume& volume,
                      const LabelledVolume* partner, const GoesOn& goes_on) final;
  std::vector<std::string> TakeDescriptions(std::uint64_t step, const Survey& survey,
                                            const at::Tensor& descriptions,
                                            const GoesOn& goes_on) final;
  Curve Validation() const final;
  Scores Result() const final { return result_; }

 protected:
  // How volumes are looked at, and how much is noted of each.
  struct Look {
    Survey::View view = Survey::View::kWhole;
    std::int64_t validation_floats = 0;
    std::int64_t result_floats = 0;
  };
  // `trained` and `fixed` are shared; no gradient goes to `fixed`.
  Task(const MethodOptions& options, NamedTensors trained, NamedTensors fixed, const Look& look);

  const MethodOptions& options() const { return options_; }
  // (floats of the survey), without a graph. kNothing stands for what cannot be measured.
  virtual at::Tensor Measure(const Survey& survey, const LabelledVolume& volume,
                             const LabelledVolume* partner, const GoesOn& goes_on) = 0;
  // The name of the score, and its value from what was measured of each volume, (volumes, floats):
  // greater is better; NaN where nothing could be measured.
  virtual std::string ScoreName() const = 0;
  virtual double ScoreOf(const at::Tensor& measured) const = 0;
  virtual Scores ResultOf(const at::Tensor& measured) const = 0;

 private:
  MethodOptions options_;
  NamedTensors trained_;
  NamedTensors fixed_;
  Look look_;
  ValidationRecord record_;
  Scores result_;
};

inline constexpr float kNothing = -2;  // below every score and every distance

// Of a column of what was measured; absent where there is nothing.
std::optional<double> MeanOfColumn(const at::Tensor& measured, std::int64_t column);

// Tensors whose names begin with `prefix`, and the others.
struct PartedWeights {
  NamedTensors with;
  NamedTensors without;
};
PartedWeights PartByPrefix(const NamedTensors& weights, const std::string& prefix);

// Where each sample's crop lies: (N, 4), int64, its volume and first voxel.
at::Tensor PlacesOf(const std::vector<PairSample>& samples);

// A batch (N, 1, D, H, W) of the samples' A, on `device`.
at::Tensor BatchOfVolumes(const std::vector<PairSample>& samples, at::Device device);

}  // namespace gvsl::model
