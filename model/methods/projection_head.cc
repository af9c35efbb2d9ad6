#include "model/methods/projection_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

#include <cmath>

#include "common/text.h"

namespace gvsl::model {

ProjectionHead::ProjectionHead(ParameterList& parameters, const std::string& name,
                               const ProjectionOptions& options) {
  for (std::size_t k = 0; k + 1 < options.widths.size(); ++k) {
    const std::int64_t out = options.widths[k + 1];
    const std::string prefix = Concat(name, ".", k);
    const bool last = k + 2 == options.widths.size();
    Layer& layer = layers_.emplace_back();
    layer.weight = parameters.Add(prefix + ".weight", {out, options.widths[k]});
    layer.norm = last ? options.norm_out : options.norm_hidden;
    if (!layer.norm) layer.bias = parameters.Add(prefix + ".bias", {out});
    if (layer.norm && !last) {
      layer.norm_weight = parameters.Add(prefix + ".norm.weight", {out});
      layer.norm_bias = parameters.Add(prefix + ".norm.bias", {out});
    }
  }
}

at::Tensor ProjectionHead::Forward(const at::Tensor& rows) const {
  at::Tensor x = rows;
  for (std::size_t k = 0; k < layers_.size(); ++k) {
    const Layer& layer = layers_[k];
    x = at::linear(x, layer.weight, layer.bias);
    if (layer.norm) {
      x = at::batch_norm(x, layer.norm_weight, layer.norm_bias, {}, {}, /*training=*/true,
                         /*momentum=*/0, /*eps=*/1e-5, /*cudnn_enabled=*/false);
    }
    if (k + 1 < layers_.size()) x = at::relu(x);
  }
  return x;
}

at::Tensor UnitRows(const at::Tensor& rows) {
  return rows / (rows.square().sum(1, /*keepdim=*/true) + 1e-24).sqrt();
}

at::Tensor Spread(const at::Tensor& rows) {
  const double channels = static_cast<double>(rows.size(1));
  return UnitRows(rows.detach()).std(0, /*unbiased=*/false).mean() * std::sqrt(channels);
}

}  // namespace gvsl::model
