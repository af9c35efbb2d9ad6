// Clusters of feature rows, always in float64 on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "common/philox.h"

namespace gvsl::model {

// Rows (N, C) centred, turned to their `components` strongest directions, scaled to variance one in
// each, and to length one: (N, components), float64. components <= min(N, C).
at::Tensor WhitenedRows(const at::Tensor& rows, std::int64_t components);

// The cluster of each row of `points` (N, C), float64, in [0, clusters), none of which is empty;
// clusters <= N. Lloyd's algorithm for 20 rounds from seeds that are drawn far apart (k-means++,
// Arthur and Vassilvitskii 2007). A cluster that runs empty is given the point that lies farthest
// from the centre of the largest one. Calls `goes_on` between parts of the work; where that answers
// false, returns early with an assignment that means nothing.
std::vector<std::int64_t> KMeans(const at::Tensor& points, std::int64_t clusters, Philox& draws,
                                 const std::function<bool()>& goes_on);

// The steps between two clusterings: the whole rounds, of `volumes` in steps of `samples`, that
// make at least 500 steps.
std::uint64_t ClusteringPeriod(std::int64_t volumes, std::int64_t samples);

}  // namespace gvsl::model
