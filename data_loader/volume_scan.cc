#include "data_loader/volume_scan.h"

#include <algorithm>

namespace gvsl::data_loader {

Status ScanVolumes(Dataset& dataset, const VisitVolume& visit) {
  const DatasetManifest& manifest = dataset.manifest();
  for (std::uint32_t shard = 0; shard < manifest.shards.size(); ++shard) {
    Status damage = OkStatus();
    SharedShard held;  // mapped once, whoever keeps the volumes
    for (const std::uint32_t index : manifest.shards[shard].volumes) {
      const StatusOr<VolumeView> view =
          damage.ok() ? dataset.Volume(index) : StatusOr<VolumeView>(damage);
      if (!view.ok()) damage = view.status();
      if (view.ok()) held = view->shard;
      GVSL_RETURN_IF_ERROR(visit(index, view));
    }
  }
  return OkStatus();
}

Status CompleteHistograms(Dataset& dataset, DatasetManifest& manifest) {
  const auto& volumes = manifest.volumes;
  if (std::all_of(volumes.begin(), volumes.end(),
                  [](const VolumeEntry& volume) { return volume.histogram.has_value(); })) {
    return OkStatus();
  }
  return ScanVolumes(dataset, [&](std::uint32_t index, const StatusOr<VolumeView>& view) {
    auto& histogram = manifest.volumes[index].histogram;
    if (view.ok() && !histogram) histogram = CountIntensities(view->voxels);
    return OkStatus();
  });
}

}  // namespace gvsl::data_loader
