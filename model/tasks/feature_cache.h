// Features of a frozen backbone, which are the same each time that a crop is seen: kept, so that
// training a head costs the head.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace gvsl::model {

// Not thread-safe.
class FeatureCache {
 public:
  // Holds features of at most so many bytes, in the host's memory; what has no room is computed
  // each time.
  explicit FeatureCache(std::size_t most_bytes = std::size_t{1} << 30) : most_bytes_(most_bytes) {}

  using Place = std::pair<std::int64_t, std::array<std::int64_t, 3>>;  // volume, first voxel
  // What `compute` gives for this crop, on the device where that has it, without a graph. The bits
  // do not depend on what the cache holds.
  at::Tensor Get(const Place& place, const std::function<at::Tensor()>& compute);
  // The same for a batch (N, 1, D, H, W), one sample after the other, so that each is the same
  // whatever it is together with: (N, …) on the batch's device. Row n of `places` (N, 4), int64, on
  // the CPU, is the sample's volume and first voxel. A crop from elsewhere than a volume's first
  // voxel hardly comes again, and is not kept.
  at::Tensor OfBatch(const at::Tensor& batch, const at::Tensor& places,
                     const std::function<at::Tensor(const at::Tensor& volume)>& compute);
  // The backbone has other weights now.
  void Clear();

 private:
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::map<Place, at::Tensor> features_;
};

}  // namespace gvsl::model
