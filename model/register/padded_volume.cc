#include "model/register/padded_volume.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <span>

namespace gvsl::model {
namespace {

template <typename T>
void CopyPadded(std::span<const T> from, const VolumeSize& size, const VolumeSize& padded, T* to) {
  for (std::int64_t row = 0; row < size[0] * size[1]; ++row) {
    const std::int64_t z = row / size[1];
    const std::int64_t y = row % size[1];
    std::copy_n(from.data() + row * size[2], size[2], to + (z * padded[1] + y) * padded[2]);
  }
}

}  // namespace

StatusOr<PaddedVolume> ReadPadded(data_loader::Dataset& dataset, std::uint32_t index) {
  GVSL_ASSIGN_OR_RETURN(const data_loader::VolumeView view, dataset.Volume(index));
  const VolumeSize padded = dataset.manifest().LargestSize();
  PaddedVolume volume{at::zeros(padded, at::kFloat), std::nullopt};
  CopyPadded(view.voxels, view.size, padded, volume.voxels.data_ptr<float>());
  if (view.labels) {
    volume.labels.emplace(static_cast<std::size_t>(volume.voxels.numel()));
    CopyPadded(*view.labels, view.size, padded, volume.labels->data());
  }
  return volume;
}

}  // namespace gvsl::model
