// What a pre-training method adds to the common step. One file a method.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
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
};

// A batch ready for the network: named tensors (N, C, D, H, W) on the method's device.
using Inputs = std::map<std::string, at::Tensor>;

struct Outcome {
  at::Tensor loss;  // scalar with a graph: what is differentiated
  std::vector<std::pair<std::string, at::Tensor>>
      parts;  // detached scalars, in the order of LossNames()
};

// Not thread-safe. Arithmetic uses at::get_num_threads() threads.
class Method {
 public:
  virtual ~Method() = default;
  // Names of Outcome::parts; "total" is the last.
  virtual std::vector<std::string> LossNames() const = 0;
  // State-dict name -> parameter, in state-dict order (the order of the released network).
  virtual std::vector<std::pair<std::string, at::Tensor>> NamedParameters() = 0;
  // Draws and applies the augmentations; a pure function of the samples (their keys included).
  virtual Inputs Augment(const std::vector<PairSample>& samples) = 0;
  virtual Outcome Forward(const Inputs& inputs) = 0;
};

struct MethodOptions {
  std::string method = "gvsl";  // gvsl, gvsl-no-matching, gvsl-no-restoration, gvsl-no-affine
  std::int64_t width = 32;
  std::uint64_t seed = 1;                    // of the initial weights
  at::Device device = at::kCPU;              // of parameters, inputs and losses
  Geometry geometry = Geometry::kCorrected;  // of the network; augmentations are always corrected
};

// UNIMPLEMENTED for a method that a later version brings. No exception crosses this door.
StatusOr<std::unique_ptr<Method>> MakeMethod(const MethodOptions& options);

}  // namespace gvsl::model
