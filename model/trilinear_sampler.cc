#include "model/trilinear_sampler.h"

#include <ATen/DeviceGuard.h>
#include <ATen/Dispatch.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "model/cuda/device_kernels.h"
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
  TORCH_CHECK(source.device() == field.device(), "warp: devices differ");
  TORCH_CHECK(source.scalar_type() == field.scalar_type(), "warp: types differ");
  TORCH_CHECK(field.size(0) == source.size(0) && field.size(1) == 3 &&
                  field.sizes().slice(2) == source.sizes().slice(2),
              "warp: field ", field.sizes(), " does not fit volume ", source.sizes());
  TORCH_CHECK(source.size(2) * source.size(3) * source.size(4) < (std::int64_t{1} << 31),
              "warp: volume too large");
}

void Forward(const at::Tensor& source, const at::Tensor& field, at::Tensor& out) {
  const c10::OptionalDeviceGuard guard(at::device_of(source));
  AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "warp", [&] {
    const auto run = source.is_cuda() ? cuda::WarpForward<scalar_t> : WarpForward<scalar_t>;
    run(source.const_data_ptr<scalar_t>(), field.const_data_ptr<scalar_t>(), ShapeOf(source),
        out.data_ptr<scalar_t>());
  });
}

at::Tensor SourceGradient(const at::Tensor& source, const at::Tensor& field,
                          const at::Tensor& gradient) {
  const c10::OptionalDeviceGuard guard(at::device_of(source));
  at::Tensor to_source = at::zeros_like(source);
  AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "warp_source_gradient", [&] {
    const scalar_t* offsets = field.const_data_ptr<scalar_t>();
    const scalar_t* values = gradient.const_data_ptr<scalar_t>();
    if (source.is_cuda()) {
      const at::Tensor largest = at::linalg_vector_norm(gradient, INFINITY);
      at::Tensor sums = at::zeros(source.sizes(), source.options().dtype(at::kLong));
      cuda::WarpSourceGradient(offsets, values, largest.const_data_ptr<scalar_t>(), ShapeOf(source),
                               sums.data_ptr<std::int64_t>(), to_source.data_ptr<scalar_t>());
    } else {
      WarpSourceGradient(offsets, values, ShapeOf(source), to_source.data_ptr<scalar_t>());
    }
  });
  return to_source;
}

at::Tensor FieldGradient(const at::Tensor& source, const at::Tensor& field,
                         const at::Tensor& gradient) {
  const c10::OptionalDeviceGuard guard(at::device_of(source));
  at::Tensor to_field = at::empty_like(field);
  AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "warp_field_gradient", [&] {
    const auto run =
        source.is_cuda() ? cuda::WarpFieldGradient<scalar_t> : WarpFieldGradient<scalar_t>;
    run(source.const_data_ptr<scalar_t>(), field.const_data_ptr<scalar_t>(),
        gradient.const_data_ptr<scalar_t>(), ShapeOf(source), to_field.data_ptr<scalar_t>());
  });
  return to_field;
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
    Forward(source, field, out);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor gradient = gradients[0].contiguous();
    at::Tensor to_source;
    at::Tensor to_field;
    if (context->needs_input_grad(0)) to_source = SourceGradient(saved[0], saved[1], gradient);
    if (context->needs_input_grad(1)) to_field = FieldGradient(saved[0], saved[1], gradient);
    return {to_source, to_field};
  }
};

}  // namespace

at::Tensor WarpByField(const at::Tensor& source, const at::Tensor& field) {
  return Warp::apply(source, field);
}

}  // namespace gvsl::model
