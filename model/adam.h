// LibTorch's Adam with its moments in the open, so that they can be stored and sent.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace gvsl::model {

struct AdamOptions {
  double learning_rate = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double weight_decay = 0;  // added to the gradient
};

// Not thread-safe.
class Adam {
 public:
  Adam(std::vector<at::Tensor> parameters, const AdamOptions& options);
  ~Adam();

  // Updates the parameters from their gradients; the `step`-th update, from 0.
  void Update(std::uint64_t step, double learning_rate);
  // By parameter, of its shape; writing to them changes the state.
  const std::vector<at::Tensor>& exp_avg() const { return exp_avg_; }
  const std::vector<at::Tensor>& exp_avg_sq() const { return exp_avg_sq_; }

 private:
  struct Optimizer;
  std::unique_ptr<Optimizer> optimizer_;
  std::vector<at::Tensor> exp_avg_;
  std::vector<at::Tensor> exp_avg_sq_;
};

}  // namespace gvsl::model
