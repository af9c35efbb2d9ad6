#include "model/look/backbone.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <vector>

#include "common/stored_weights.h"
#include "model/weights_file.h"

namespace gvsl::model {
namespace {

constexpr std::int64_t kBottleneckVoxel = 16;

std::int64_t PaddingBefore(std::int64_t length) {
  return (kBottleneckVoxel - length % kBottleneckVoxel) % kBottleneckVoxel / 2;
}

// As at::constant_pad_nd takes it: last axis first.
std::vector<std::int64_t> EvenPadding(at::IntArrayRef sizes) {
  std::vector<std::int64_t> padding;
  for (int axis = 2; axis >= 0; --axis) {
    const std::int64_t all = (kBottleneckVoxel - sizes[axis] % kBottleneckVoxel) % kBottleneckVoxel;
    padding.push_back(PaddingBefore(sizes[axis]));
    padding.push_back(all - PaddingBefore(sizes[axis]));
  }
  return padding;
}

// (1, C, D, H, W) without that padding.
at::Tensor Cropped(const at::Tensor& features, at::IntArrayRef sizes) {
  at::Tensor cropped = features;
  for (int axis = 0; axis < 3; ++axis) {
    cropped = cropped.narrow(axis + 2, PaddingBefore(sizes[axis]), sizes[axis]);
  }
  return cropped;
}

at::Tensor Standardised(const at::Tensor& features) {
  at::Tensor centred = features - features.mean({2, 3, 4}, true);
  const at::Tensor deviation = centred.square().mean({2, 3, 4}, true).sqrt().clamp_min(1e-12);
  return centred.div_(deviation * std::sqrt(static_cast<double>(features.size(1))));
}

}  // namespace

Backbone::Backbone(std::int64_t width)
    : parameters_(at::TensorOptions(at::kFloat)), unet_(parameters_, width) {}

StatusOr<Backbone> Backbone::Load(const std::map<std::string, TensorView>& stored) {
  const auto width = BackboneWidth(stored);
  if (!width || *width < 8 || *width % 8 != 0 || *width > 1024) {
    return FailedPreconditionError("no weights of a U-Net of this project");
  }
  std::map<std::string, TensorView> own;
  for (const auto& [name, tensor] : stored) {
    if (name.starts_with("unet.")) own.emplace(name, tensor);
  }
  Backbone backbone(*width);
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
  const at::Tensor padded = at::constant_pad_nd(voxels, EvenPadding(voxels.sizes()), 0);
  const Features features = unet_.Forward(padded.unsqueeze(0).unsqueeze(0));
  const at::Tensor global = at::upsample_trilinear3d(features.global, padded.sizes(), false);
  return at::cat({Standardised(Cropped(features.local, voxels.sizes())),
                  Standardised(Cropped(global, voxels.sizes()))},
                 1)
      .squeeze(0);
}

}  // namespace gvsl::model
