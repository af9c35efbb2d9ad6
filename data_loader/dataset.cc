#include "data_loader/dataset.h"

#include <utility>

#include "common/sha256.h"
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
  VolumeView view{size, image.As<float>(), std::nullopt};
  if (volume.label_sha256) {
    GVSL_ASSIGN_OR_RETURN(const TensorView label,
                          FindTensor(shard, volume.id + ".label", DType::kI32, size));
    view.labels = label.As<std::int32_t>();
  }
  return view;
}

}  // namespace

Dataset::Dataset(FileSystem& files, std::string directory, DatasetManifest manifest)
    : files_(files), directory_(std::move(directory)), manifest_(std::move(manifest)) {
  shards_.resize(manifest_.shards.size());
}

StatusOr<std::unique_ptr<Dataset>> Dataset::Open(FileSystem& files, const std::string& directory) {
  GVSL_ASSIGN_OR_RETURN(DatasetManifest manifest, ReadManifest(files, directory));
  return std::unique_ptr<Dataset>(new Dataset(files, directory, std::move(manifest)));
}

StatusOr<const SafetensorsFile*> Dataset::Shard(std::uint32_t index) {
  const std::lock_guard lock(mutex_);
  if (shards_[index] != nullptr) return shards_[index].get();
  const ShardEntry& entry = manifest_.shards[index];
  GVSL_ASSIGN_OR_RETURN(auto file, files_.Map(JoinPath(directory_, entry.file)));
  if (file->bytes().size() != entry.bytes || Sha256Hex(file->bytes()) != entry.sha256) {
    return DataLossError("its size or SHA-256 is not the manifest's");
  }
  GVSL_ASSIGN_OR_RETURN(SafetensorsFile shard, SafetensorsFile::Parse(std::move(file)));
  shards_[index] = std::make_unique<SafetensorsFile>(std::move(shard));
  return shards_[index].get();
}

void Dataset::Release(std::uint32_t shard) {
  const std::lock_guard lock(mutex_);
  shards_[shard].reset();
}

StatusOr<VolumeView> Dataset::Volume(std::uint32_t index) {
  if (index >= manifest_.volumes.size()) {
    return NotFoundError(Concat("volume ", index, " of ", manifest_.volumes.size()));
  }
  const VolumeEntry& volume = manifest_.volumes[index];
  const std::string path = JoinPath(directory_, manifest_.shards[volume.shard].file);
  StatusOr<const SafetensorsFile*> shard = Shard(volume.shard);
  if (!shard.ok()) return shard.status().WithContext(path);
  StatusOr<VolumeView> view = FindVolume(**shard, volume);
  if (!view.ok()) return DataLossError(view.status().message()).WithContext(path);
  return view;
}

}  // namespace gvsl::data_loader
