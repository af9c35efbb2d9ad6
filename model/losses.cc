#include "model/losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/box_filter.h"

namespace gvsl::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kRadius = 4;
constexpr double kWindow = 729;
constexpr double kEpsilon = 1e-5;

// The window sums of one pair, all float64.
struct NccSums {
  at::Tensor image;  // S(I)
  at::Tensor other;  // S(J)
  at::Tensor cross;
  at::Tensor image_variance;
  at::Tensor other_variance;
};

NccSums Sums(const at::Tensor& image, const at::Tensor& other) {
  NccSums sums;
  sums.image = BoxSum(image, kRadius);
  sums.other = BoxSum(other, kRadius);
  sums.cross = BoxSum(image * other, kRadius) - sums.image * sums.other / kWindow;
  sums.image_variance = BoxSum(image * image, kRadius) - sums.image * sums.image / kWindow;
  sums.other_variance = BoxSum(other * other, kRadius) - sums.other * sums.other / kWindow;
  return sums;
}

// The gradient of sum(to_cross * cross + to_variance * variance) in the image whose sum is
// `own_sum`.
at::Tensor ImageGradient(const at::Tensor& image, const at::Tensor& other,
                         const at::Tensor& own_sum, const at::Tensor& other_sum,
                         const at::Tensor& to_cross, const at::Tensor& to_variance) {
  const at::Tensor means = (to_cross * other_sum + 2 * to_variance * own_sum) / kWindow;
  return other * BoxSum(to_cross, kRadius) + 2 * image * BoxSum(to_variance, kRadius) -
         BoxSum(means, kRadius);
}

class Ncc : public torch::autograd::Function<Ncc> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& image_in,
                            const at::Tensor& other_in) {
    TORCH_CHECK(image_in.dim() == 5 && image_in.sizes() == other_in.sizes(),
                "ncc: volumes differ in size: ", image_in.sizes(), " and ", other_in.sizes());
    const at::Tensor image = image_in.to(at::kDouble);
    const at::Tensor other = other_in.to(at::kDouble);
    const NccSums s = Sums(image, other);
    const at::Tensor quotient = s.image_variance * s.other_variance + kEpsilon;
    context->save_for_backward(
        {image_in, other_in, s.image, s.other, s.cross, s.image_variance, s.other_variance});
    return (1 - (s.cross * s.cross / quotient).mean()).to(image_in.scalar_type());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor image = saved[0].to(at::kDouble);
    const at::Tensor other = saved[1].to(at::kDouble);
    const NccSums s = {saved[2], saved[3], saved[4], saved[5], saved[6]};
    const at::Tensor quotient = s.image_variance * s.other_variance + kEpsilon;
    const at::Tensor scale = -gradients[0].to(at::kDouble) / static_cast<double>(image.numel());
    const at::Tensor to_cross = scale * 2 * s.cross / quotient;
    const at::Tensor to_product = -scale * s.cross * s.cross / (quotient * quotient);
    at::Tensor to_image;
    at::Tensor to_other;
    if (context->needs_input_grad(0)) {
      to_image =
          ImageGradient(image, other, s.image, s.other, to_cross, to_product * s.other_variance)
              .to(saved[0].scalar_type());
    }
    if (context->needs_input_grad(1)) {
      to_other =
          ImageGradient(other, image, s.other, s.image, to_cross, to_product * s.image_variance)
              .to(saved[1].scalar_type());
    }
    return {to_image, to_other};
  }
};

}  // namespace

at::Tensor NccLoss(const at::Tensor& image, const at::Tensor& other) {
  return Ncc::apply(image, other);
}

at::Tensor SmoothLoss(const at::Tensor& field) {
  at::Tensor sum = at::zeros({}, field.options());
  for (std::int64_t axis = 2; axis < 5; ++axis) {
    const std::int64_t steps = field.size(axis) - 1;
    if (steps == 0) continue;
    const at::Tensor difference = field.narrow(axis, 1, steps) - field.narrow(axis, 0, steps);
    sum = sum + (difference * difference).mean();
  }
  return sum / 3;
}

at::Tensor RestorationLoss(const at::Tensor& restored, const at::Tensor& clean) {
  return at::mse_loss(restored, clean);
}

at::Tensor SoftDice(const at::Tensor& probabilities, const at::Tensor& labels) {
  const std::int64_t classes = probabilities.size(1);
  const at::Tensor truth = at::one_hot(labels + 1, classes + 1)
                               .narrow(4, 1, classes)
                               .movedim(4, 1)
                               .to(probabilities.scalar_type());
  const auto sum = [](const at::Tensor& values) { return values.sum({2, 3, 4}); };
  const at::Tensor overlap = 2 * sum(probabilities * truth) + 1;
  return overlap / (sum(probabilities * probabilities) + sum(truth) + 1);
}

at::Tensor DiceLoss(const at::Tensor& probabilities, const at::Tensor& labels) {
  return 1 - SoftDice(probabilities, labels).mean();
}

}  // namespace gvsl::model
