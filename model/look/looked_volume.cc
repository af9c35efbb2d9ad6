#include "model/look/looked_volume.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <set>
#include <span>

namespace gvsl::model {
namespace {

template <typename T>
at::Tensor Middle(std::span<const T> values, const std::array<std::int64_t, 3>& size,
                  at::ScalarType type) {
  at::Tensor whole = at::empty(size, type);
  std::copy(values.begin(), values.end(), whole.data_ptr<T>());
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t length = std::min(size[axis], kLongestLookedAt);
    whole = whole.narrow(axis, (size[axis] - length) / 2, length);
  }
  return whole.contiguous();
}

}  // namespace

StatusOr<LookedVolume> ReadMiddle(data_loader::Dataset& dataset, std::uint32_t index) {
  GVSL_ASSIGN_OR_RETURN(const data_loader::VolumeView view, dataset.Volume(index));
  LookedVolume volume{Middle(view.voxels, view.size, at::kFloat), std::nullopt,
                      dataset.manifest().volumes[index].subject};
  if (view.labels) volume.labels = Middle(*view.labels, view.size, at::kInt);
  return volume;
}

std::vector<std::uint32_t> LabelledSubjects(const data_loader::DatasetManifest& manifest,
                                            std::size_t count) {
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> volumes;
  for (std::uint32_t i = 0; i < manifest.volumes.size() && volumes.size() < count; ++i) {
    const data_loader::VolumeEntry& entry = manifest.volumes[i];
    if (entry.label_sha256 && seen.insert(entry.subject).second) volumes.push_back(i);
  }
  return volumes;
}

std::pair<at::Tensor, at::Tensor> ToOneSize(const at::Tensor& one, const at::Tensor& other) {
  const auto padded = [&](const at::Tensor& volume) {
    std::vector<std::int64_t> pad;
    for (int axis = 2; axis >= 0; --axis) {
      pad.push_back(0);
      pad.push_back(std::max(one.size(axis), other.size(axis)) - volume.size(axis));
    }
    return at::constant_pad_nd(volume, pad, 0);
  };
  return {padded(one), padded(other)};
}

}  // namespace gvsl::model
