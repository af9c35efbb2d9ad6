#include "model/tasks/feature_cache.h"

#include <ATen/core/grad_mode.h>

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

void FeatureCache::Clear() {
  features_.clear();
  bytes_ = 0;
}

}  // namespace gvsl::model
