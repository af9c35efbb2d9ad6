#include "model/methods/clustering.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <tuple>

namespace gvsl::model {
namespace {

constexpr int kRounds = 20;

using Clusters = std::vector<std::int64_t>;

// (N, centres): squared distances. `lengths` are the points' squared ones, (N, 1).
at::Tensor Distances(const at::Tensor& points, const at::Tensor& lengths,
                     const at::Tensor& centres) {
  at::Tensor distances = at::mm(points, centres.t());
  return distances.mul_(-2).add_(lengths).add_(centres.square().sum(1).unsqueeze(0)).clamp_min_(0);
}

at::Tensor DrawCentres(const at::Tensor& points, const at::Tensor& lengths, std::int64_t clusters,
                       Philox& draws, const std::function<bool()>& goes_on) {
  const std::int64_t count = points.size(0);
  at::Tensor centres = at::zeros({clusters, points.size(1)}, at::kDouble);
  centres[0].copy_(points[draws.NextBelow(static_cast<std::uint32_t>(count))]);
  const auto distances_to = [&](std::int64_t k) {
    return Distances(points, lengths, centres.narrow(0, k, 1)).select(1, 0).contiguous();
  };
  at::Tensor nearest = distances_to(0);
  for (std::int64_t k = 1; k < clusters && (k % 32 != 0 || goes_on()); ++k) {
    const double* distance = nearest.const_data_ptr<double>();
    double left = draws.NextDouble() * nearest.sum().item<double>();
    std::int64_t chosen = 0;
    while (chosen + 1 < count && (left -= distance[chosen]) > 0) ++chosen;
    centres[k].copy_(points[chosen]);
    nearest = at::minimum(nearest, distances_to(k));
  }
  return centres;
}

void RepairEmpty(const at::Tensor& distances, std::vector<std::int64_t>& sizes,
                 Clusters& assigned) {
  const auto distance = distances.accessor<double, 2>();
  for (std::size_t empty = 0; empty < sizes.size(); ++empty) {
    if (sizes[empty] > 0) continue;
    const std::int64_t largest = std::ranges::max_element(sizes) - sizes.begin();
    std::int64_t farthest = -1;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(assigned.size()); ++i) {
      if (assigned[i] != largest) continue;
      if (farthest < 0 || distance[i][largest] > distance[farthest][largest]) farthest = i;
    }
    assigned[farthest] = static_cast<std::int64_t>(empty);
    --sizes[largest];
    ++sizes[empty];
  }
}

Clusters Assign(const at::Tensor& points, const at::Tensor& lengths, const at::Tensor& centres) {
  const at::Tensor distances = Distances(points, lengths, centres);
  const at::Tensor nearest = distances.argmin(1).contiguous();
  const auto* first = nearest.const_data_ptr<std::int64_t>();
  Clusters assigned(first, first + nearest.numel());
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(centres.size(0)));
  for (const std::int64_t cluster : assigned) ++sizes[static_cast<std::size_t>(cluster)];
  RepairEmpty(distances, sizes, assigned);
  return assigned;
}

at::Tensor Means(const at::Tensor& points, const Clusters& assigned, std::int64_t clusters) {
  at::Tensor sums = at::zeros({clusters, points.size(1)}, at::kDouble);
  std::vector<double> sizes(static_cast<std::size_t>(clusters));
  for (std::size_t i = 0; i < assigned.size(); ++i) {
    sums[assigned[i]].add_(points[static_cast<std::int64_t>(i)]);
    ++sizes[static_cast<std::size_t>(assigned[i])];
  }
  for (std::int64_t k = 0; k < clusters; ++k) sums[k].div_(sizes[static_cast<std::size_t>(k)]);
  return sums;
}

}  // namespace

at::Tensor WhitenedRows(const at::Tensor& rows, std::int64_t components) {
  const at::Tensor centred = rows.to(at::kDouble) - rows.to(at::kDouble).mean(0, true);
  const at::Tensor covariance = at::mm(centred.t(), centred) / static_cast<double>(centred.size(0));
  const auto [variances, directions] = at::linalg_eigh(covariance);  // ascending
  const std::int64_t first = variances.size(0) - components;
  const at::Tensor scale = (variances.narrow(0, first, components).clamp_min(0) + 1e-12).rsqrt();
  const at::Tensor turned = at::mm(centred, directions.narrow(1, first, components)) * scale;
  return turned / turned.square().sum(1, true).sqrt().clamp_min(1e-12);
}

std::vector<std::int64_t> KMeans(const at::Tensor& points, std::int64_t clusters, Philox& draws,
                                 const std::function<bool()>& goes_on) {
  const at::Tensor lengths = points.square().sum(1, /*keepdim=*/true);
  at::Tensor centres = DrawCentres(points, lengths, clusters, draws, goes_on);
  Clusters assigned = Assign(points, lengths, centres);
  for (int round = 1; round < kRounds && goes_on(); ++round) {
    centres = Means(points, assigned, clusters);
    assigned = Assign(points, lengths, centres);
  }
  return assigned;
}

std::uint64_t ClusteringPeriod(std::int64_t volumes, std::int64_t samples) {
  constexpr std::int64_t kLeastSteps = 500;
  const std::int64_t round = std::max<std::int64_t>(1, (volumes + samples - 1) / samples);
  return static_cast<std::uint64_t>((kLeastSteps + round - 1) / round * round);
}

}  // namespace gvsl::model
