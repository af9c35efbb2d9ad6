#include "data_loader/inspect.h"

#include <algorithm>

#include "common/safetensors.h"
#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/dataset.h"
#include "data_loader/nifti_file.h"

namespace gvsl::data_loader {
namespace {

template <typename T>
std::string HashOf(std::span<const T> values) {
  return Sha256Hex({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
}

std::string VolumeDamage(Dataset& dataset, std::uint32_t index) {
  const VolumeEntry& entry = dataset.manifest().volumes[index];
  const auto volume = dataset.Volume(index);
  if (!volume.ok()) return volume.status().message();
  if (HashOf(volume->voxels) != entry.sha256) return Concat("the voxels of ", entry.id);
  if (volume->labels && HashOf(*volume->labels) != entry.label_sha256) {
    return Concat("the labels of ", entry.id);
  }
  return {};
}

std::string ShardDamage(FileSystem& files, const std::string& directory, Dataset& dataset,
                        const ShardEntry& shard) {
  const auto file = files.Map(JoinPath(directory, shard.file));
  if (!file.ok()) return file.status().message();
  if ((*file)->bytes().size() != shard.bytes) {
    return Concat("it has ", (*file)->bytes().size(), " bytes instead of ", shard.bytes);
  }
  if (Sha256Hex((*file)->bytes()) != shard.sha256) return "its SHA-256 is not the manifest's";
  for (std::uint32_t volume : shard.volumes) {
    if (std::string damage = VolumeDamage(dataset, volume); !damage.empty()) {
      return damage + " are not the manifest's";
    }
  }
  return {};
}

}  // namespace

StatusOr<std::vector<DamagedFile>> VerifyDataset(FileSystem& files, const std::string& directory) {
  auto dataset = Dataset::Open(files, directory);
  if (!dataset.ok()) {
    if (dataset.status().code() == StatusCode::kNotFound) return dataset.status();
    return std::vector<DamagedFile>{
        {JoinPath(directory, kManifestName), dataset.status().message()}};
  }
  std::vector<DamagedFile> damaged;
  const DatasetManifest& manifest = (*dataset)->manifest();
  for (const ShardEntry& shard : manifest.shards) {
    if (std::string reason = ShardDamage(files, directory, **dataset, shard); !reason.empty()) {
      damaged.push_back({JoinPath(directory, shard.file), reason});
    }
  }
  for (const auto& [name, sha256] : manifest.files) {
    const std::string path = JoinPath(directory, name);
    const auto content = ReadFile(files, path);
    if (!content.ok()) {
      damaged.push_back({path, content.status().message()});
    } else if (Sha256Hex(*content) != sha256) {
      damaged.push_back({path, "its SHA-256 is not the manifest's"});
    }
  }
  return damaged;
}

Status ExportVolume(FileSystem& files, const std::string& directory, const std::string& id,
                    const std::string& output, const std::string& label_output) {
  for (const std::string& name : {output, label_output}) {
    if (!name.empty() && NiftiStem(name).empty()) {
      return InvalidArgumentError(name + ": the file's name must end in .nii or .nii.gz");
    }
  }
  GVSL_ASSIGN_OR_RETURN(const auto dataset, Dataset::Open(files, directory));
  const auto& volumes = dataset->manifest().volumes;
  const auto found = std::find_if(volumes.begin(), volumes.end(),
                                  [&](const VolumeEntry& volume) { return volume.id == id; });
  if (found == volumes.end()) {
    std::vector<std::string> ids;
    for (const VolumeEntry& volume : volumes) ids.push_back(volume.id);
    return NotFoundError(Concat("no volume ", id, " in ", directory, "; the most similar is ",
                                NearestWord(id, ids)));
  }
  GVSL_ASSIGN_OR_RETURN(const VolumeView view,
                        dataset->Volume(static_cast<std::uint32_t>(found - volumes.begin())));
  if (!label_output.empty() && !view.labels) {
    return FailedPreconditionError(Concat("volume ", id, " has no labels"));
  }
  const std::vector<double> voxels(view.voxels.begin(), view.voxels.end());
  GVSL_RETURN_IF_ERROR(
      WriteNifti(output, view.size, found->grid.to_ras, voxels, NiftiType::kFloat32));
  if (label_output.empty()) return OkStatus();
  const std::vector<double> labels(view.labels->begin(), view.labels->end());
  return WriteNifti(label_output, view.size, found->grid.to_ras, labels, NiftiType::kInt32);
}

}  // namespace gvsl::data_loader
