#include "model/look/backbone.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "model/stored_network.h"
#include "model/unet_padding.h"
#include "model/weights_file.h"

namespace gvsl::model {
namespace {

at::Tensor Standardised(const at::Tensor& features) {
  at::Tensor centred = features - features.mean({2, 3, 4}, true);
  const at::Tensor deviation = centred.square().mean({2, 3, 4}, true).sqrt().clamp_min(1e-12);
  return centred.div_(deviation * std::sqrt(static_cast<double>(features.size(1))));
}

}  // namespace

Backbone::Backbone(std::int64_t width)
    : parameters_(at::TensorOptions(at::kFloat)), unet_(parameters_, width) {}

StatusOr<Backbone> Backbone::Load(const std::map<std::string, TensorView>& stored) {
  GVSL_ASSIGN_OR_RETURN(const std::int64_t width, StoredWidth(stored));
  std::map<std::string, TensorView> own;
  for (const auto& [name, tensor] : stored) {
    if (name.starts_with("unet.")) own.emplace(name, tensor);
  }
  Backbone backbone(width);
  GVSL_RETURN_IF_ERROR(LoadWeights(own, backbone.parameters_.all()));
  return backbone;
}

at::Tensor Backbone::Local(const at::Tensor& voxels) const {
  const at::NoGradGuard no_graph;
  return unet_.Forward(voxels.unsqueeze(0).unsqueeze(0)).local.squeeze(0);
}

at::Tensor Backbone::LocalAndGlobal(const at::Tensor& voxels) const {
  const at::NoGradGuard no_graph;
  // To whole voxels of the bottleneck, so that it lies over the same place as the local features.
  const at::Tensor batch = voxels.unsqueeze(0).unsqueeze(0);
  const at::Tensor padded = PadToMultiple(batch);
  const Features features = unet_.Forward(padded);
  const at::Tensor global =
      at::upsample_trilinear3d(features.global, padded.sizes().slice(2), false);
  return at::cat(
             {Standardised(CropBack(features.local, batch)), Standardised(CropBack(global, batch))},
             1)
      .squeeze(0);
}

}  // namespace gvsl::model
