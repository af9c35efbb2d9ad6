// Masked autoencoder: He et al., "Masked autoencoders are scalable vision learners" (CVPR 2022), as
// Wald et al., "An OpenMind for 3D medical vision self-supervised learning" (2024), use it with
// convolutional networks: three quarters of the blocks of a regular grid are set to zero, the whole
// volume goes through the network, and the squared error counts in the hidden blocks.
#include <ATen/TensorOperators.h>

#include "model/augmentation.h"
#include "model/methods/masks.h"
#include "model/methods/restoration_method.h"

namespace gvsl::model {
namespace {

constexpr double kHiddenShare = 0.75;

DamagedVolume HideBlocks(const PairSample& sample, at::Device device) {
  const at::Tensor clean = WarpTogether({sample.a}, sample.key, device);
  Philox draws = SampleDraws(sample.key, DrawPurpose::kDamage);
  const at::Tensor hidden = DrawGridMask(clean.sizes().slice(2), kHiddenShare, draws).to(device);
  return {.clean = clean, .damaged = clean * (1 - hidden), .counted = hidden};
}

}  // namespace

MethodPointer MakeMae(const MethodOptions& options) {
  return std::make_unique<RestorationMethod>(options, HideBlocks);
}

}  // namespace gvsl::model
