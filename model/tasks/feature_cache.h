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
  // The backbone has other weights now.
  void Clear();

 private:
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::map<Place, at::Tensor> features_;
};

}  // namespace gvsl::model
