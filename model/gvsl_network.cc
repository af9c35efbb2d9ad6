#include "model/gvsl_network.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <utility>

namespace gvsl::model {

RestorationHead::RestorationHead(ParameterList& parameters, std::int64_t width)
    : conv_(parameters, "res_conv.0", width, width / 2, 3),
      norm_(parameters, "res_conv.1", width / 2,
            std::max<std::int64_t>(1, width / kChannelsPerGroup)),
      out_(parameters, "res_conv.3", width / 2, 1, 1) {}

at::Tensor RestorationHead::Forward(const at::Tensor& local) const {
  return out_.Forward(norm_.Forward(conv_.Forward(local)));
}

GvslNetwork::GvslNetwork(const NetworkOptions& options)
    : options_(options),
      parameters_(at::TensorOptions(options.dtype).device(options.device)),
      unet_(parameters_, options.width) {
  const std::int64_t width = options.width;
  const bool affine = options.matching && options.affine;
  std::optional<DoubleConv> affine_features;
  std::optional<DoubleConv> deformable_features;
  if (affine) affine_features.emplace(parameters_, "f_conv", 32 * width, 8 * width);
  if (options.matching) deformable_features.emplace(parameters_, "sp_conv", 2 * width, width / 2);
  if (options.restoration) restoration_.emplace(parameters_, width);
  if (options.matching) deformable_.emplace(*std::move(deformable_features), parameters_, width);
  if (affine) affine_.emplace(*std::move(affine_features), parameters_, width);
}

NetworkOutput GvslNetwork::Forward(const at::Tensor& fixed, const at::Tensor& moving) const {
  NetworkOutput output;
  if (options_.matching) {
    const std::int64_t batch = fixed.size(0);
    const Features both = unet_.Forward(at::cat({fixed, moving}, 0));
    output.fixed = {both.global.narrow(0, 0, batch), both.local.narrow(0, 0, batch)};
    output.moving = {both.global.narrow(0, batch, batch), both.local.narrow(0, batch, batch)};
    output.matching = Match(affine_, *deformable_, output.fixed, output.moving, options_.geometry);
    output.warped = WarpMoving(output.matching, moving);
  } else {
    output.fixed = unet_.Forward(fixed);
  }
  if (restoration_) output.restored = restoration_->Forward(output.fixed.local);
  return output;
}

}  // namespace gvsl::model
