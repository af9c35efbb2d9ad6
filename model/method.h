// What a pre-training method adds to the common step. One file a method.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "model/parameters.h"
#include "model/released_geometry.h"

namespace gvsl::model {

// Names a sample; every random draw of the sample is keyed with it.
struct SampleKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t slot = 0;
  std::uint32_t item = 0;
};

// Cropped, padded intensities in [0, 1], float32, each (1, D, H, W), on the CPU. A is fixed, B is
// moving.
struct PairSample {
  at::Tensor a;
  at::Tensor b;
  SampleKey key;
  std::int64_t volume = 0;  // of A: its index in the dataset
};

// A batch ready for the network: named tensors, volumes as (N, C, D, H, W), on the method's device.
using Inputs = std::map<std::string, at::Tensor>;

struct Outcome {
  at::Tensor loss;  // scalar with a graph: what is differentiated
  std::vector<std::pair<std::string, at::Tensor>>
      parts;  // detached scalars, in the order of LossNames()
  // What tells whether training is healthy; detached scalars, in the order of IndicatorNames().
  std::vector<std::pair<std::string, at::Tensor>> indicators = {};
};

// Not thread-safe. Arithmetic uses at::get_num_threads() threads. All tensors of parameters,
// weights and state are contiguous float32.
//
// A step is: Augment for each slot; where SharedFloats is not 0, Share for each slot and Receive of
// what all slots shared; Forward and a backward pass for each slot; an update; AfterUpdate. Where
// DescriptionPeriod is not 0, every so many steps begin with Describe for each volume of the
// dataset and TakeDescriptions. Whatever is not a slot's own is the same on every worker.
class Method {
 public:
  virtual ~Method() = default;
  // Names of Outcome::parts; "total" is the last.
  virtual std::vector<std::string> LossNames() const = 0;
  // Names of Outcome::indicators (docs/methods.md says what they mean).
  virtual std::vector<std::string> IndicatorNames() const { return {}; }
  // State-dict name -> parameter, in state-dict order (the order of the released network).
  virtual NamedTensors NamedParameters() = 0;
  // Weights that are not trained and belong to the network all the same.
  virtual NamedTensors FixedWeights() { return {}; }
  // What else the state of training is made of: momentum networks, queues, assignments.
  virtual NamedTensors NamedState() { return {}; }

  // Draws and applies the augmentations; a pure function of the samples (their keys included).
  virtual Inputs Augment(const std::vector<PairSample>& samples) = 0;
  virtual Outcome Forward(const Inputs& inputs) = 0;
  // After the update that makes `step` committed steps.
  virtual void AfterUpdate(std::uint64_t /*step*/) {}

  // How much a slot tells all slots before the forward passes of a step.
  virtual std::int64_t SharedFloats() const { return 0; }
  // (SharedFloats()), without a graph.
  virtual at::Tensor Share(const Inputs& /*inputs*/) { return {}; }
  // (slots, SharedFloats()), on the method's device.
  virtual void Receive(const at::Tensor& /*shared*/) {}

  // After how many steps all volumes are looked at again, from step 0 on; 0: never.
  virtual std::uint64_t DescriptionPeriod() const { return 0; }
  // How much describes a volume.
  virtual std::int64_t DescribedFloats() const { return 0; }
  // Of a crop (1, D, H, W) from the middle of a volume: (DescribedFloats()), without a graph.
  virtual at::Tensor Describe(const at::Tensor& /*crop*/) { return {}; }
  // Descriptions by volume: (volumes, DescribedFloats()), on the CPU, at a step that is a multiple
  // of the period. Changes NamedState and parameters; returns the names of parameters that begin
  // anew, of which the optimiser is to forget the mean gradient. Calls `goes_on` every second or
  // so; where that answers false, returns early, and all it has changed is to be undone.
  virtual std::vector<std::string> TakeDescriptions(std::uint64_t /*step*/,
                                                    const at::Tensor& /*descriptions*/,
                                                    const std::function<bool()>& /*goes_on*/) {
    return {};
  }
};

struct MethodOptions {
  std::string method = "gvsl";  // as docs/methods.md names them
  std::int64_t width = 32;
  std::uint64_t seed = 1;                    // of the initial weights
  at::Device device = at::kCPU;              // of parameters, inputs and losses
  Geometry geometry = Geometry::kCorrected;  // of gvsl's network; augmentations are corrected
  std::int64_t slots = 1;
  std::int64_t batch_per_slot = 1;
  std::uint64_t steps = 1;   // of the whole job
  std::int64_t volumes = 0;  // of the dataset
};

// INVALID_ARGUMENT names what does not go together. No exception crosses this door.
StatusOr<std::unique_ptr<Method>> MakeMethod(const MethodOptions& options);

}  // namespace gvsl::model
