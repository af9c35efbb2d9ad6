#include "model/trilinear_sampler.h"

#include <ATen/Dispatch.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/warp_kernels.h"

namespace gvsl::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

WarpShape ShapeOf(const at::Tensor& source) {
  return {source.size(0), source.size(1), source.size(2), source.size(3), source.size(4)};
}

void CheckArguments(const at::Tensor& source, const at::Tensor& field) {
  TORCH_CHECK(source.dim() == 5 && field.dim() == 5, "warp: volumes must have five dimensions");
  TORCH_CHECK(source.device().is_cpu() && field.device().is_cpu(),
              "warp: tensors must be on the CPU");
  TORCH_CHECK(source.scalar_type() == field.scalar_type(), "warp: types differ");
  TORCH_CHECK(field.size(0) == source.size(0) && field.size(1) == 3 &&
                  field.sizes().slice(2) == source.sizes().slice(2),
              "warp: field ", field.sizes(), " does not fit volume ", source.sizes());
  TORCH_CHECK(source.size(2) * source.size(3) * source.size(4) < (std::int64_t{1} << 31),
              "warp: volume too large");
}

class Warp : public torch::autograd::Function<Warp> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& source_in,
                            const at::Tensor& field_in) {
    CheckArguments(source_in, field_in);
    const at::Tensor source = source_in.contiguous();
    const at::Tensor field = field_in.contiguous();
    context->save_for_backward({source, field});
    at::Tensor out = at::empty_like(source);
    AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "warp", [&] {
      WarpForward(source.const_data_ptr<scalar_t>(), field.const_data_ptr<scalar_t>(),
                  ShapeOf(source), out.data_ptr<scalar_t>());
    });
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& source = saved[0];
    const at::Tensor& field = saved[1];
    const at::Tensor gradient = gradients[0].contiguous();
    at::Tensor to_source;
    at::Tensor to_field;
    AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "warp_backward", [&] {
      if (context->needs_input_grad(0)) {
        to_source = at::zeros_like(source);
        WarpSourceGradient(field.const_data_ptr<scalar_t>(), gradient.const_data_ptr<scalar_t>(),
                           ShapeOf(source), to_source.data_ptr<scalar_t>());
      }
      if (context->needs_input_grad(1)) {
        to_field = at::empty_like(field);
        WarpFieldGradient(source.const_data_ptr<scalar_t>(), field.const_data_ptr<scalar_t>(),
                          gradient.const_data_ptr<scalar_t>(), ShapeOf(source),
                          to_field.data_ptr<scalar_t>());
      }
    });
    return {to_source, to_field};
  }
};

}  // namespace

at::Tensor WarpByField(const at::Tensor& source, const at::Tensor& field) {
  return Warp::apply(source, field);
}

}  // namespace gvsl::model
