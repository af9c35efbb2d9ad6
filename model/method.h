// What a pre-training method, or a downstream task, adds to the common step. One file each.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "model/goes_on.h"
#include "model/parameters.h"
#include "model/released_geometry.h"
#include "model/tasks/curve.h"

namespace gvsl::model {

// Names a sample; every random draw of the sample is keyed with it.
struct SampleKey {
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  std::uint32_t slot = 0;
  std::uint32_t item = 0;
};

// Cropped, padded intensities in [0, 1], float32, each (1, D, H, W), on the CPU. A is fixed, B is
// moving; B is undefined where a task looks at single volumes.
struct PairSample {
  at::Tensor a;
  at::Tensor b;
  SampleKey key;
  std::int64_t volume = 0;               // of A: its index in the dataset
  std::array<std::int64_t, 3> origin{};  // of A's crop, voxels z, y, x
  at::Tensor labels = {};                // of A: as LabelledVolume has them
  std::optional<std::int32_t> label = {};
};

// A volume with what it is measured by, on the CPU.
struct LabelledVolume {
  at::Tensor voxels;                       // (1, D, H, W), float32 in [0, 1]
  at::Tensor labels;                       // (D, H, W), int64: classes, -1 beyond the volume's end
  std::optional<std::int32_t> label = {};  // the class of the whole volume
  std::array<double, 3> spacing{};         // z, y, x; mm
  std::int64_t volume = 0;                 // its index in the dataset
};

// Pre-training has one part, which is the whole dataset.
enum class Part { kTrain, kValidation, kTest };

// A look at all volumes of a part, beside the samples of a step.
struct Survey {
  enum class View {
    kMiddle,  // a patch from the middle of each, without labels
    kWhole,   // each as it is
    kPair,    // each and the next of another subject, zero-padded at their ends to one size
  };
  Part part = Part::kTrain;
  View view = View::kMiddle;
  std::int64_t floats = 0;  // that describe a volume
  bool last = false;        // what the job's result is made of
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
// what all slots shared; Forward and a backward pass for each slot; an update; AfterUpdate. Surveys
// are made before it, and once more after the last: Describe for each volume of the part, and
// TakeDescriptions. Whatever is not a slot's own is the same on every worker.
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

  // What is looked at when `step` steps are committed, in this order; a step that is tried again is
  // looked at again.
  virtual std::vector<Survey> SurveysAt(std::uint64_t /*step*/) const { return {}; }
  // (survey.floats), without a graph; `partner` is given for pairs. Calls `goes_on` between parts
  // of the work, so that nobody takes a long look for a hang; where that answers false, returns
  // early with numbers that mean nothing.
  virtual at::Tensor Describe(const Survey& /*survey*/, const LabelledVolume& /*volume*/,
                              const LabelledVolume* /*partner*/, const GoesOn& /*goes_on*/) {
    return {};
  }
  // Of all volumes of the part, ascending: (volumes, survey.floats), on the CPU. Changes NamedState
  // and parameters; returns the names of parameters that begin anew, of which the optimiser is to
  // forget the mean gradient. Calls `goes_on` every second or so; where that answers false, returns
  // early, and all it has changed is to be undone.
  virtual std::vector<std::string> TakeDescriptions(std::uint64_t /*step*/,
                                                    const Survey& /*survey*/,
                                                    const at::Tensor& /*descriptions*/,
                                                    const GoesOn& /*goes_on*/) {
    return {};
  }
  // What the validation surveys have come to, and the test's.
  virtual Curve Validation() const { return {}; }
  virtual Scores Result() const { return {}; }
  // Parameters or fixed weights were filled from elsewhere at step 0: what follows them begins as
  // they are.
  virtual void AfterInit() {}
};

// Of a downstream task.
struct TaskOptions {
  std::string task;          // segment, classify, register; empty: a method pre-trains
  bool frozen = false;       // the backbone stays as it is: the paper's "linear"
  std::int32_t classes = 0;  // background included
  std::uint64_t evaluate_every = 200;
  bool tested = true;                   // there is a test part
  std::array<std::int64_t, 3> patch{};  // voxels z, y, x of the windows over a volume
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
  std::int64_t volumes = 0;  // of the dataset that it trains on
  TaskOptions task = {};
};

// INVALID_ARGUMENT names what does not go together. No exception crosses this door.
StatusOr<std::unique_ptr<Method>> MakeMethod(const MethodOptions& options);

}  // namespace gvsl::model
