#include "data_loader/dataset_writer.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/safetensors.h"
#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/manifest_check.h"
#include "data_loader/volume_order.h"

namespace gvsl::data_loader {
namespace {

template <typename T>
std::string_view Bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string ShardName(std::uint32_t shard) {
  char name[48];
  std::snprintf(name, sizeof(name), "shard-%05u.safetensors", shard);
  return name;
}

// Not the process's number: on shared storage two containers may have the same.
std::string RandomSuffix() {
  std::random_device device;
  char digits[20];
  std::snprintf(digits, sizeof(digits), "%08x%08x", device(), device());
  return digits;
}

constexpr std::size_t kMostLabelValues = 65536;

// Empty beyond so many values.
std::map<std::int32_t, std::uint64_t> CountLabels(const std::vector<std::int32_t>& labels) {
  std::map<std::int32_t, std::uint64_t> voxels;
  for (auto begin = labels.begin(); begin != labels.end();) {
    const auto end = std::find_if(begin, labels.end(), [&](auto value) { return value != *begin; });
    voxels[*begin] += static_cast<std::uint64_t>(end - begin);
    if (voxels.size() > kMostLabelValues) return {};
    begin = end;
  }
  return voxels;
}

Status CheckSizes(const NewVolume& volume) {
  const auto& size = volume.grid.size;
  const auto voxels = static_cast<std::size_t>(size[0] * size[1] * size[2]);
  if (voxels == 0 || volume.voxels.size() != voxels ||
      (volume.labels && volume.labels->size() != voxels)) {
    return InvalidArgumentError("voxels or labels do not fill the grid");
  }
  return OkStatus();
}

// Creates the directory and makes it and every parent that it needed durable.
Status CreateDurably(FileSystem& files, const std::string& directory) {
  std::vector<std::string> parents;
  for (std::string path = directory; !files.Exists(path) && path != "." && path != "/";) {
    path = ParentPath(path);
    parents.push_back(path);
  }
  GVSL_RETURN_IF_ERROR(files.CreateDirectories(directory));
  for (const std::string& parent : parents) GVSL_RETURN_IF_ERROR(files.SyncDirectory(parent));
  return OkStatus();
}

Status WriteExtra(FileSystem& files, const std::string& path, const ExtraFile& extra) {
  GVSL_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                        extra.owner_only ? files.CreateOwnerOnly(path) : files.Create(path));
  GVSL_RETURN_IF_ERROR(file->Append(extra.content));
  GVSL_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

std::string ContentId(const Grid& grid, const std::string& voxels_sha256) {
  const nlohmann::json json = {grid.size, grid.spacing, grid.to_ras, voxels_sha256};
  return Sha256Hex(json.dump()).substr(0, 16);
}

DatasetWriter::DatasetWriter(FileSystem& files, std::string directory)
    : files_(files),
      directory_(std::move(directory)),
      aside_(Concat(directory_, ".tmp-", RandomSuffix())) {}

DatasetWriter::~DatasetWriter() {
  if (!published_) (void)files_.RemoveTree(aside_);
}

StatusOr<std::unique_ptr<DatasetWriter>> DatasetWriter::Create(FileSystem& files,
                                                               const std::string& directory) {
  std::string name = directory;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  if (files.Exists(name)) {
    if (!files.IsDirectory(name)) return AlreadyExistsError(name + " is there and not a directory");
    GVSL_ASSIGN_OR_RETURN(const auto content, files.List(name));
    if (!content.empty()) {
      return AlreadyExistsError(
          name + " is there already; datasets are never changed: choose another name or remove it");
    }
  }
  std::unique_ptr<DatasetWriter> writer(new DatasetWriter(files, name));
  GVSL_RETURN_IF_ERROR(CreateDurably(files, writer->aside_));
  return writer;
}

Status DatasetWriter::Add(const NewVolume& volume) {
  Part part;
  part.entry.grid = volume.grid;
  part.entry.modality = volume.modality;
  part.entry.window = volume.window;
  part.entry.window_range = volume.window_range;
  part.entry.class_index = volume.class_index;
  part.entry.source = volume.source;
  if (const std::string reason = Absurdity(part.entry); !reason.empty()) {
    return InvalidArgumentError(reason);
  }
  GVSL_RETURN_IF_ERROR(CheckSizes(volume));
  part.entry.sha256 = Sha256Hex(Bytes(volume.voxels));
  part.entry.id = ContentId(volume.grid, part.entry.sha256);
  part.subject_key = volume.subject_key;
  part.file = JoinPath(aside_, Concat("part-", parts_.size()));

  const std::vector<std::int64_t> shape(volume.grid.size.begin(), volume.grid.size.end());
  std::map<std::string, TensorView> tensors = {
      {"image", {DType::kF32, shape, Bytes(volume.voxels)}}};
  if (volume.labels) {
    part.entry.label_sha256 = Sha256Hex(Bytes(*volume.labels));
    part.entry.label_voxels = CountLabels(*volume.labels);
    tensors["label"] = {DType::kI32, shape, Bytes(*volume.labels)};
  }
  GVSL_ASSIGN_OR_RETURN([[maybe_unused]] const WrittenFile written,
                        WriteSafetensors(files_, part.file, tensors));
  parts_.push_back(std::move(part));
  return OkStatus();
}

StatusOr<DatasetWriter::Layout> DatasetWriter::Arrange(std::uint32_t volumes_per_shard) {
  if (volumes_per_shard == 0) return InvalidArgumentError("volumes per shard must be at least 1");
  std::vector<VolumeEntry> entries;
  std::vector<std::string> subject_keys;
  for (const Part& part : parts_) {
    entries.push_back(part.entry);
    subject_keys.push_back(part.subject_key);
  }
  OrderedVolumes ordered = OrderVolumes(entries, subject_keys);
  Layout layout{{}, std::move(ordered.order)};
  auto& volumes = layout.manifest.volumes;
  for (std::size_t i = 0; i < layout.order.size(); ++i) {
    volumes.push_back(entries[layout.order[i]]);
    volumes.back().id = ordered.ids[i];
    volumes.back().subject = ordered.subjects[i];
    volumes.back().shard = static_cast<std::uint32_t>(i / volumes_per_shard);
  }
  for (std::uint32_t begin = 0; begin < volumes.size(); begin += volumes_per_shard) {
    const auto count = static_cast<std::uint32_t>(volumes.size());
    GVSL_ASSIGN_OR_RETURN(ShardEntry shard,
                          WriteShard(layout.manifest, layout.order, begin / volumes_per_shard,
                                     begin, std::min(count, begin + volumes_per_shard)));
    layout.manifest.shards.push_back(std::move(shard));
  }
  layout.manifest.sha256 = DatasetSha256(layout.manifest);
  return layout;
}

StatusOr<ShardEntry> DatasetWriter::WriteShard(const DatasetManifest& manifest,
                                               const std::vector<std::size_t>& order,
                                               std::uint32_t shard, std::uint32_t begin,
                                               std::uint32_t end) {
  ShardEntry entry{ShardName(shard), "", 0, {}};
  std::vector<SafetensorsFile> parts;
  std::map<std::string, TensorView> tensors;
  for (std::uint32_t volume = begin; volume < end; ++volume) {
    GVSL_ASSIGN_OR_RETURN(SafetensorsFile part,
                          SafetensorsFile::Open(files_, parts_[order[volume]].file));
    for (const auto& [name, view] : part.tensors()) {
      tensors[Concat(manifest.volumes[volume].id, ".", name)] = view;
    }
    parts.push_back(std::move(part));
    entry.volumes.push_back(volume);
  }
  GVSL_ASSIGN_OR_RETURN(const WrittenFile written,
                        WriteSafetensors(files_, JoinPath(aside_, entry.file), tensors));
  entry.sha256 = written.sha256;
  entry.bytes = written.bytes;
  for (std::uint32_t volume = begin; volume < end; ++volume) {
    GVSL_RETURN_IF_ERROR(files_.RemoveFile(parts_[order[volume]].file));
  }
  return entry;
}

Status DatasetWriter::Publish(const std::optional<DatasetManifest>& manifest,
                              const std::map<std::string, ExtraFile>& extra) {
  for (const auto& [name, file] : extra) {
    GVSL_RETURN_IF_ERROR(WriteExtra(files_, JoinPath(aside_, name), file));
  }
  if (manifest) {
    GVSL_RETURN_IF_ERROR(
        WriteExtra(files_, JoinPath(aside_, kManifestName), {ToJson(*manifest), false}));
  }
  GVSL_RETURN_IF_ERROR(files_.SyncDirectory(aside_));
  GVSL_RETURN_IF_ERROR(files_.Rename(aside_, directory_));
  published_ = true;
  return files_.SyncDirectory(ParentPath(directory_));
}

}  // namespace gvsl::data_loader
