// Denoising: Vincent et al., "Stacked denoising autoencoders" (JMLR 2010), with additive isotropic
// Gaussian noise and the squared error. Here the noise has a standard deviation of 0.1 of the
// intensity range, and one network is trained at once, not layer by layer.
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "model/augmentation.h"
#include "model/methods/restoration_method.h"

namespace gvsl::model {
namespace {

constexpr double kNoise = 0.1;

DamagedVolume AddNoise(const PairSample& sample, at::Device device) {
  const at::Tensor clean = WarpTogether({sample.a}, sample.key, device);
  Philox draws = SampleDraws(sample.key, DrawPurpose::kDamage);
  at::Tensor noise = at::empty(clean.sizes(), at::kFloat);
  std::generate_n(noise.data_ptr<float>(), noise.numel(),
                  [&] { return static_cast<float>(kNoise * draws.NextNormal()); });
  return {.clean = clean, .damaged = clean + noise.to(device), .counted = {}};
}

}  // namespace

MethodPointer MakeDenoising(const MethodOptions& options) {
  return std::make_unique<RestorationMethod>(options, AddNoise);
}

}  // namespace gvsl::model
