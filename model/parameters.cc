#include "model/parameters.h"

#include <ATen/ops/zeros.h>

namespace gvsl::model {

at::Tensor ParameterList::Add(std::string name, at::IntArrayRef shape) {
  at::Tensor tensor = at::zeros(shape, options_).requires_grad_(true);
  all_.emplace_back(std::move(name), tensor);
  return tensor;
}

}  // namespace gvsl::model
