#include "data_loader/dataset.h"

#include <utility>

#include "common/text.h"

namespace gvsl::data_loader {
namespace {

StatusOr<TensorView> FindTensor(const SafetensorsFile& shard, const std::string& name, DType dtype,
                                const std::array<std::int64_t, 3>& size) {
  GVSL_ASSIGN_OR_RETURN(TensorView tensor, shard.Find(name));
  if (tensor.dtype != dtype ||
      tensor.shape != std::vector<std::int64_t>(size.begin(), size.end())) {
    return DataLossError(Concat(name, " has another type or shape than the manifest says"));
  }
  return tensor;
}

StatusOr<VolumeView> FindVolume(const SafetensorsFile& shard, const VolumeEntry& volume) {
  const auto& size = volume.grid.size;
  GVSL_ASSIGN_OR_RETURN(const TensorView image,
                        FindTensor(shard, volume.id + ".image", DType::kF32, size));
  VolumeView view{size, image.As<float>(), std::nullopt, nullptr};
  if (volume.label_sha256) {
    GVSL_ASSIGN_OR_RETURN(const TensorView label,
                          FindTensor(shard, volume.id + ".label", DType::kI32, size));
    view.labels = label.As<std::int32_t>();
  }
  return view;
}

}  // namespace

Dataset::Dataset(FileSystem& files, const std::string& directory, DatasetManifest manifest,
                 const DatasetOptions& options)
    : manifest_(std::move(manifest)),
      store_(files, directory, manifest_.shards, options.cache),
      keeps_shards_(options.keep_shards),
      kept_(manifest_.shards.size()) {}

StatusOr<std::unique_ptr<Dataset>> Dataset::Open(FileSystem& files, const std::string& directory,
                                                 const DatasetOptions& options) {
  GVSL_ASSIGN_OR_RETURN(DatasetManifest manifest, ReadManifest(files, directory));
  return std::unique_ptr<Dataset>(new Dataset(files, directory, std::move(manifest), options));
}

StatusOr<VolumeView> Dataset::Volume(std::uint32_t index, const std::stop_token& stop) {
  if (index >= manifest_.volumes.size()) {
    return NotFoundError(Concat("volume ", index, " of ", manifest_.volumes.size()));
  }
  const VolumeEntry& volume = manifest_.volumes[index];
  GVSL_ASSIGN_OR_RETURN(SharedShard shard, store_.Get(volume.shard, stop));
  StatusOr<VolumeView> view = FindVolume(*shard, volume);
  if (!view.ok()) {
    return DataLossError(view.status().message()).WithContext(store_.PathOf(volume.shard));
  }
  if (keeps_shards_) {
    const std::lock_guard lock(mutex_);
    kept_[volume.shard] = shard;
  }
  view->shard = std::move(shard);
  return view;
}

}  // namespace gvsl::data_loader
