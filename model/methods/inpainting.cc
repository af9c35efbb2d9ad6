// In-painting: Pathak et al., "Context encoders: feature learning by inpainting" (CVPR 2016),
// equation 1 with "random block" masks: boxes that hide a quarter of the volume are filled with its
// mean, and the squared error counts inside them. Their adversarial loss (weight 0.001) is left
// out, as in the table of the GVSL paper.
#include <ATen/TensorOperators.h>

#include "model/augmentation.h"
#include "model/methods/masks.h"
#include "model/methods/restoration_method.h"

namespace gvsl::model {
namespace {

constexpr double kHiddenShare = 0.25;

DamagedVolume HideBoxes(const PairSample& sample, at::Device device) {
  const at::Tensor clean = WarpTogether({sample.a}, sample.key, device);
  Philox draws = SampleDraws(sample.key, DrawPurpose::kDamage);
  const at::Tensor hidden = DrawBoxMask(clean.sizes().slice(2), kHiddenShare, draws).to(device);
  return {
      .clean = clean, .damaged = clean * (1 - hidden) + clean.mean() * hidden, .counted = hidden};
}

}  // namespace

MethodPointer MakeInpainting(const MethodOptions& options) {
  return std::make_unique<RestorationMethod>(options, HideBoxes);
}

}  // namespace gvsl::model
