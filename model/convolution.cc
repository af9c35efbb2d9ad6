#include "model/convolution.h"

#include <ATen/Context.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv3d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/mkldnn_convolution.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <vector>

namespace gvsl::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using PerAxis = std::array<std::int64_t, 3>;

constexpr PerAxis kUnit = {1, 1, 1};
constexpr PerAxis kNone = {0, 0, 0};
// Of one item, N * C * D * H up to which ATen unfolds (ATen/native/Convolution.cpp).
constexpr std::int64_t kUnfoldedRows = 20480;

PerAxis PaddingOf(const at::Tensor& weight) {
  return {weight.size(2) / 2, weight.size(3) / 2, weight.size(4) / 2};
}

at::Tensor Dense(const at::Tensor& tensor) {
  return tensor.defined() && tensor.is_mkldnn() ? tensor.to_dense() : tensor;
}

// In oneDNN's own kind of tensor, so that ATen chooses oneDNN.
variable_list OneDnnBackward(const at::Tensor& gradient, const at::Tensor& x,
                             const at::Tensor& weight, std::array<bool, 3> wanted) {
  const auto [of_x, of_weight, of_bias] = at::convolution_backward(
      gradient.contiguous().to_mkldnn(), x.to_mkldnn(), weight, weight.size(0), kUnit,
      PaddingOf(weight), kUnit, /*transposed=*/false, /*output_padding=*/kNone, /*groups=*/1,
      wanted);
  return {Dense(of_x), Dense(of_weight), Dense(of_bias)};
}

// For a weight's gradient oneDNN unfolds x to 27 times its size. Shifting x against the gradient is
// shifting the gradient against x the other way: with fewer channels it is the one to unfold.
at::Tensor GradientOfWeight(const at::Tensor& gradient, const at::Tensor& x,
                            const at::Tensor& weight) {
  if (gradient.size(1) >= x.size(1)) {
    return OneDnnBackward(gradient, x, weight, {false, true, false})[1];
  }
  const at::Tensor mirrored =
      OneDnnBackward(x, gradient, weight.transpose(0, 1).contiguous(), {false, true, false})[1];
  return mirrored.transpose(0, 1).flip({2, 3, 4}).contiguous();
}

// oneDNN's direct convolution, forward and backward.
class Direct : public torch::autograd::Function<Direct> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    const at::Tensor dense = x.contiguous();
    context->save_for_backward({dense, weight});
    return at::mkldnn_convolution(dense, weight, bias, PaddingOf(weight), kUnit, kUnit, 1);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &gradient = gradients[0], &x = saved[0], &weight = saved[1];
    at::Tensor of_x, of_weight, of_bias;
    if (context->needs_input_grad(0)) {
      of_x = OneDnnBackward(gradient, x, weight, {true, false, false})[0];
    }
    if (context->needs_input_grad(1)) of_weight = GradientOfWeight(gradient, x, weight);
    if (context->needs_input_grad(2)) of_bias = gradient.sum({0, 2, 3, 4});
    return {of_x, of_weight, of_bias};
  }
};

// One small item alone ATen would unfold to 27 times its size, which takes five to ten times as
// long (docs/performance.md). For a kernel of one voxel its way is the faster one.
bool WouldBeUnfolded(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && weight.size(2) > 1 && x.size(0) == 1 &&
         x.size(1) * x.size(2) * x.size(3) <= kUnfoldedRows && at::hasMKLDNN() &&
         at::globalContext().userEnabledMkldnn();
}

}  // namespace

at::Tensor Convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (WouldBeUnfolded(x, weight)) return Direct::apply(x, weight, bias);
  const PerAxis padding = PaddingOf(weight);
  if (x.scalar_type() != at::kDouble) return at::conv3d(x, weight, bias, kUnit, padding);
  // Where oneDNN has no kernel, ATen unfolds a whole batch at once, to 27 times its size.
  std::vector<at::Tensor> items;
  for (std::int64_t k = 0; k < x.size(0); ++k) {
    items.push_back(at::conv3d(x.narrow(0, k, 1), weight, bias, kUnit, padding));
  }
  return at::cat(items, 0);
}

}  // namespace gvsl::model
