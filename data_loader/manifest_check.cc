#include "data_loader/manifest_check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "common/text.h"
#include "data_loader/volume_limits.h"

namespace gvsl::data_loader {
namespace {

bool IsSha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string HashAbsurdity(const VolumeEntry& volume) {
  if (!IsSha256(volume.sha256)) return "its sha256 is none";
  if (volume.label_sha256 && !IsSha256(*volume.label_sha256)) return "its label_sha256 is none";
  return {};
}

std::string LabelAbsurdity(const VolumeEntry& volume) {
  if (volume.label_voxels.empty()) return {};
  if (!volume.label_sha256) return "it counts labels and has none";
  const auto& size = volume.grid.size;
  std::uint64_t left = static_cast<std::uint64_t>(size[0]) * size[1] * size[2];
  for (const auto& [value, count] : volume.label_voxels) {
    if (count < 1 || count > left) return "its label_voxels are not those of its size";
    left -= count;
  }
  return left == 0 ? "" : "its label_voxels are not those of its size";
}

std::string HistogramAbsurdity(const VolumeEntry& volume) {
  if (!volume.histogram) return {};
  const auto& size = volume.grid.size;
  std::uint64_t left = static_cast<std::uint64_t>(size[0]) * size[1] * size[2];
  for (const std::uint64_t count : *volume.histogram) {
    if (count > left) return "its histogram is not that of its size";
    left -= count;
  }
  return left == 0 ? "" : "its histogram is not that of its size";
}

Status CheckShards(const DatasetManifest& manifest) {
  std::vector<int> seen(manifest.volumes.size(), 0);
  for (std::size_t i = 0; i < manifest.shards.size(); ++i) {
    const ShardEntry& shard = manifest.shards[i];
    // No other name: a dataset that shares the file would write its own over it.
    if (shard.file != ShardName(i)) {
      return DataLossError(Concat("shard ", i, ": its file is not called ", ShardName(i)));
    }
    if (!IsSha256(shard.sha256)) return DataLossError(shard.file + ": its sha256 is none");
    for (std::uint32_t index : shard.volumes) {
      if (index >= seen.size() || manifest.volumes[index].shard != i || seen[index]++ > 0) {
        return DataLossError(Concat(shard.file, ": volume ", index, " is not its own"));
      }
    }
  }
  if (std::find(seen.begin(), seen.end(), 0) != seen.end()) {
    return DataLossError("a volume is in no shard");
  }
  return OkStatus();
}

}  // namespace

std::string Absurdity(const VolumeEntry& volume) {
  std::int64_t voxels = 1;
  for (std::int64_t size : volume.grid.size) {
    if (size < 1 || size > kLongestAxis) return "a size is out of range";
    voxels *= size;
  }
  if (voxels > kMostVoxels) return "it has too many voxels";
  for (double spacing : volume.grid.spacing) {
    if (!std::isfinite(spacing) || spacing <= 0) return "a spacing is not positive";
  }
  for (const auto& row : volume.grid.to_ras) {
    for (double value : row) {
      if (!std::isfinite(value)) return "its matrix is not finite";
    }
  }
  for (double value : volume.window_range) {
    if (!std::isfinite(value)) return "its window is not finite";
  }
  for (int axis = 0; volume.cut && axis < 3; ++axis) {
    const std::int64_t first = volume.cut->first[axis], whole = volume.cut->whole[axis];
    if (first < 0 || whole < 1 || whole > kLongestAxis || first > whole - volume.grid.size[axis]) {
      return "it was cut out of a volume that does not hold it";
    }
  }
  return {};
}

Status CheckManifest(const DatasetManifest& manifest) {
  std::set<std::string> ids;
  for (const VolumeEntry& volume : manifest.volumes) {
    if (!ids.insert(volume.id).second) {
      return DataLossError(Concat("volume ", volume.id, " is there twice"));
    }
    for (const std::string& reason : {Absurdity(volume), HashAbsurdity(volume)}) {
      if (!reason.empty()) return DataLossError(Concat("volume ", volume.id, ": ", reason));
    }
    // Once sizes are sane.
    for (const std::string& reason : {LabelAbsurdity(volume), HistogramAbsurdity(volume)}) {
      if (!reason.empty()) return DataLossError(Concat("volume ", volume.id, ": ", reason));
    }
    if (volume.subject >= manifest.volumes.size()) {
      return DataLossError(Concat("volume ", volume.id, ": its subject is out of range"));
    }
  }
  GVSL_RETURN_IF_ERROR(CheckShards(manifest));
  if (DatasetSha256(manifest) != manifest.sha256) {
    return DataLossError("the dataset's sha256 does not hold");
  }
  return OkStatus();
}

}  // namespace gvsl::data_loader
