// The trainable tensors of a network under their state-dict names, in state-dict order.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace gvsl::model {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// Collects parameters while a network is built. Tensors are shared with the layers that asked for
// them: writing into one under at::NoGradGuard changes the network.
class ParameterList {
 public:
  explicit ParameterList(const at::TensorOptions& options) : options_(options) {}

  // A zero tensor that requires a gradient. Names must be distinct.
  at::Tensor Add(std::string name, at::IntArrayRef shape);
  const NamedTensors& all() const { return all_; }

 private:
  at::TensorOptions options_;  // type and device of every parameter
  NamedTensors all_;
};

}  // namespace gvsl::model
