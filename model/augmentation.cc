#include "model/augmentation.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include "model/spatial.h"
#include "model/trilinear_sampler.h"

namespace gvsl::model {
namespace {

constexpr int kViewShift = 24;  // items of a slot are below 2^24

}  // namespace

Philox SampleDraws(const SampleKey& key, DrawPurpose purpose, std::uint32_t view) {
  return Philox(key.seed, purpose, key.step,
                std::uint64_t{key.slot} << 32 | std::uint64_t{view} << kViewShift | key.item);
}

at::Tensor Damaged(const at::Tensor& volume, Philox draws,
                   const std::function<void(const MutableVolume&, Philox&)>& damage) {
  at::Tensor damaged = volume.clone(at::MemoryFormat::Contiguous);
  damage({{damaged.size(1), damaged.size(2), damaged.size(3)},
          {damaged.data_ptr<float>(), static_cast<std::size_t>(damaged.numel())}},
         draws);
  return damaged;
}

at::Tensor WarpTogether(const std::vector<at::Tensor>& volumes, const SampleKey& key,
                        at::Device device) {
  Philox draws = SampleDraws(key, DrawPurpose::kSpatial);
  const at::Tensor field = DrawSpatialField(volumes.front().sizes().slice(1), draws, device);
  return WarpByField(at::cat(volumes, 0).unsqueeze(0).to(device), field).clamp_(0, 1);
}

at::Tensor AugmentPair(const PairSample& sample, at::Device device) {
  TORCH_CHECK(sample.a.dim() == 4 && sample.a.size(0) == 1 && sample.a.sizes() == sample.b.sizes(),
              "augment: A is ", sample.a.sizes(), " and B is ", sample.b.sizes());
  const Philox draws = SampleDraws(sample.key, DrawPurpose::kAppearance);
  return WarpTogether({sample.a, Damaged(sample.a, draws, DamageAppearance), sample.b}, sample.key,
                      device);
}

at::Tensor AugmentView(const PairSample& sample, std::uint32_t view, at::Device device) {
  Philox draws = SampleDraws(sample.key, DrawPurpose::kView, view);
  const at::Tensor field = DrawZoomField(sample.a.sizes().slice(1), draws, device);
  const bool blurs = draws.NextDouble() < 0.5;
  const double sigma = 0.1 + 1.9 * draws.NextDouble();
  const bool bends = draws.NextDouble() < 0.8;
  const at::Tensor volume = bends ? Damaged(sample.a, draws, BendIntensities) : sample.a;
  at::Tensor seen = WarpByField(volume.unsqueeze(0).to(device), field);
  if (blurs) seen = SmoothByGaussian(seen, sigma);
  return seen.clamp_(0, 1);
}

at::Tensor Batch(const std::vector<PairSample>& samples,
                 const std::function<at::Tensor(const PairSample&)>& augment) {
  const at::NoGradGuard no_graph;
  std::vector<at::Tensor> items;
  for (const PairSample& sample : samples) items.push_back(augment(sample));
  return at::cat(items, 0);
}

at::Tensor BatchOfViews(const std::vector<PairSample>& samples, std::uint32_t view,
                        at::Device device) {
  return Batch(samples,
               [&](const PairSample& sample) { return AugmentView(sample, view, device); });
}

}  // namespace gvsl::model
