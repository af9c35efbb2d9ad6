#include "model/tasks/feature_cache.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <vector>

namespace gvsl::model {

at::Tensor FeatureCache::Get(const Place& place, const std::function<at::Tensor()>& compute) {
  const at::NoGradGuard no_graph;
  if (const auto found = features_.find(place); found != features_.end()) return found->second;
  const at::Tensor features = compute().contiguous();
  const std::size_t bytes = features.nbytes();
  if (bytes_ + bytes <= most_bytes_) {
    bytes_ += bytes;
    features_.emplace(place, features.to(at::kCPU));
  }
  return features;
}

at::Tensor FeatureCache::OfBatch(
    const at::Tensor& batch, const at::Tensor& places,
    const std::function<at::Tensor(const at::Tensor& volume)>& compute) {
  const at::NoGradGuard no_graph;
  std::vector<at::Tensor> features;
  for (std::int64_t n = 0; n < batch.size(0); ++n) {
    const at::Tensor row = places[n];
    const auto* place = row.const_data_ptr<std::int64_t>();
    const Place where = {place[0], {place[1], place[2], place[3]}};
    const at::Tensor volume = batch.narrow(0, n, 1);
    const bool comes_again = where.second == Place::second_type{};
    features.push_back(comes_again ? Get(where, [&] { return compute(volume); }).to(batch.device())
                                   : compute(volume).contiguous());
  }
  return at::cat(features);
}

void FeatureCache::Clear() {
  features_.clear();
  bytes_ = 0;
}

}  // namespace gvsl::model
