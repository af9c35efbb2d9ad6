#include "model/look/correspondence.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>
#include <map>

namespace gvsl::model {
namespace {

Voxel PlaceOf(std::int64_t voxel, at::IntArrayRef sizes) {
  return {voxel / (sizes[1] * sizes[2]), voxel / sizes[2] % sizes[1], voxel % sizes[2]};
}

using Centre = std::array<double, 3>;

std::map<std::int32_t, Centre> Centres(const at::Tensor& labels) {
  const auto* const values = labels.const_data_ptr<std::int32_t>();
  std::map<std::int32_t, Centre> sums;
  std::map<std::int32_t, double> counts;
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (values[i] == 0) continue;
    const Voxel place = PlaceOf(i, labels.sizes());
    for (int axis = 0; axis < 3; ++axis) sums[values[i]][axis] += static_cast<double>(place[axis]);
    ++counts[values[i]];
  }
  for (auto& [label, centre] : sums) {
    for (double& coordinate : centre) coordinate /= counts[label];
  }
  return sums;
}

std::int64_t NearestOf(const at::Tensor& labels, std::int32_t label, const Centre& centre) {
  const auto* const values = labels.const_data_ptr<std::int32_t>();
  std::int64_t nearest = 0;
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < labels.numel(); ++i) {
    if (values[i] != label) continue;
    const Voxel place = PlaceOf(i, labels.sizes());
    double distance = 0;
    for (int axis = 0; axis < 3; ++axis) {
      const double offset = static_cast<double>(place[axis]) - centre[axis];
      distance += offset * offset;
    }
    if (distance >= least) continue;
    least = distance;
    nearest = i;
  }
  return nearest;
}

at::Tensor LengthOf(const at::Tensor& rows) { return rows.norm(2, 0).clamp_min(1e-12); }

}  // namespace

std::vector<Correspondence> FindPartners(const at::Tensor& one_labels,
                                         const at::Tensor& one_features,
                                         const at::Tensor& other_labels,
                                         const at::Tensor& other_features, std::size_t most) {
  const at::Tensor from = one_features.flatten(1);
  const at::Tensor to = other_features.flatten(1);
  const at::Tensor lengths = LengthOf(to);
  const auto* const partners = other_labels.const_data_ptr<std::int32_t>();
  std::vector<Correspondence> found;
  for (const auto& [label, centre] : Centres(one_labels)) {
    if (found.size() == most) break;
    const std::int64_t voxel = NearestOf(one_labels, label, centre);
    const at::Tensor point = from.select(1, voxel);
    const at::Tensor cosines = at::mv(to.t(), point) / (lengths * LengthOf(point));
    const auto partner = cosines.argmax().item<std::int64_t>();
    found.push_back({PlaceOf(voxel, one_labels.sizes()), PlaceOf(partner, other_labels.sizes()),
                     label, partners[partner], cosines.view(other_labels.sizes())});
  }
  return found;
}

}  // namespace gvsl::model
