#include "model/augmentation.h"

#include <ATen/ops/cat.h>

#include "common/philox.h"
#include "model/appearance.h"
#include "model/spatial.h"
#include "model/trilinear_sampler.h"

namespace gvsl::model {
namespace {

Philox Draws(const SampleKey& key, DrawPurpose purpose) {
  return Philox(key.seed, purpose, key.step, std::uint64_t{key.slot} << 32 | key.item);
}

at::Tensor Damaged(const at::Tensor& volume, Philox draws) {
  at::Tensor damaged = volume.clone(at::MemoryFormat::Contiguous);
  DamageAppearance({{damaged.size(1), damaged.size(2), damaged.size(3)},
                    {damaged.data_ptr<float>(), static_cast<std::size_t>(damaged.numel())}},
                   draws);
  return damaged;
}

}  // namespace

at::Tensor AugmentPair(const PairSample& sample, at::Device device) {
  TORCH_CHECK(sample.a.dim() == 4 && sample.a.size(0) == 1 && sample.a.sizes() == sample.b.sizes(),
              "augment: A is ", sample.a.sizes(), " and B is ", sample.b.sizes());
  const at::Tensor damaged = Damaged(sample.a, Draws(sample.key, DrawPurpose::kAppearance));
  Philox draws = Draws(sample.key, DrawPurpose::kSpatial);
  const at::Tensor field = DrawSpatialField(sample.a.sizes().slice(1), draws, device);
  const at::Tensor all = at::cat({sample.a, damaged, sample.b}, 0).unsqueeze(0).to(device);
  return WarpByField(all, field).clamp_(0, 1);
}

}  // namespace gvsl::model
