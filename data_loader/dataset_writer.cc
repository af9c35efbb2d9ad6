#include "data_loader/dataset_writer.h"

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

#include "common/safetensors.h"
#include "common/text.h"
#include "data_loader/volume_order.h"

namespace gvsl::data_loader {
namespace {

// Not the process's number: on shared storage two containers may have the same.
std::string RandomSuffix() {
  std::random_device device;
  char digits[20];
  std::snprintf(digits, sizeof(digits), "%08x%08x", device(), device());
  return digits;
}

std::string WithoutSlashes(std::string name) {
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return name;
}

Status WriteExtra(FileSystem& files, const std::string& path, const ExtraFile& extra) {
  GVSL_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                        extra.owner_only ? files.CreateOwnerOnly(path) : files.Create(path));
  GVSL_RETURN_IF_ERROR(file->Append(extra.content));
  GVSL_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

Status CheckIsInNoDataset(FileSystem& files, const std::string& directory) {
  std::string path = WithoutSlashes(directory);
  while (path != "/" && path != ".") {
    path = ParentPath(path);
    if (!ReadManifest(files, path).ok()) continue;
    return FailedPreconditionError(Concat(directory, " would lie in the dataset ", path,
                                          ", and datasets are never changed: name another folder"));
  }
  return OkStatus();
}

Status CheckIsFree(FileSystem& files, const std::string& directory) {
  const std::string name = WithoutSlashes(directory);
  GVSL_RETURN_IF_ERROR(CheckIsInNoDataset(files, name));
  if (!files.Exists(name)) return OkStatus();
  if (!files.IsDirectory(name)) return AlreadyExistsError(name + " is there and not a directory");
  GVSL_ASSIGN_OR_RETURN(const auto content, files.List(name));
  if (content.empty()) return OkStatus();
  return AlreadyExistsError(
      name + " is there already; datasets are never changed: choose another name or remove it");
}

DatasetWriter::DatasetWriter(FileSystem& files, std::string directory, std::string aside, bool keep)
    : files_(files), directory_(std::move(directory)), aside_(std::move(aside)), keep_(keep) {}

DatasetWriter::~DatasetWriter() {
  if (!keep_) (void)files_.RemoveTree(aside_);
}

StatusOr<std::unique_ptr<DatasetWriter>> DatasetWriter::Create(FileSystem& files,
                                                               const std::string& directory) {
  GVSL_RETURN_IF_ERROR(CheckIsFree(files, directory));
  const std::string name = WithoutSlashes(directory);
  std::unique_ptr<DatasetWriter> writer(
      new DatasetWriter(files, name, Concat(name, ".tmp-", RandomSuffix()), false));
  GVSL_RETURN_IF_ERROR(CreateDirectoriesDurably(files, writer->aside_));
  return writer;
}

StatusOr<std::unique_ptr<DatasetWriter>> DatasetWriter::CreateIn(FileSystem& files,
                                                                 const std::string& directory,
                                                                 const std::string& aside) {
  GVSL_RETURN_IF_ERROR(CheckIsFree(files, directory));
  GVSL_RETURN_IF_ERROR(CreateDirectoriesDurably(files, aside));
  return std::unique_ptr<DatasetWriter>(
      new DatasetWriter(files, WithoutSlashes(directory), aside, true));
}

Status DatasetWriter::Add(const NewVolume& volume) {
  const std::string file = JoinPath(aside_, Concat("part-", parts_.size()));
  GVSL_ASSIGN_OR_RETURN(DatasetPart part, WritePart(files_, volume, file));
  Take(std::move(part));
  return OkStatus();
}

void DatasetWriter::Continue(DatasetManifest base, std::vector<std::string> subject_keys,
                             std::map<std::string, std::uint32_t> aliases) {
  base_ = std::move(base);
  base_.parent_sha256 = base_.sha256;
  base_.files.clear();
  known_volumes_ = base_.volumes;
  known_keys_ = std::move(subject_keys);
  for (const auto& [key, subject] : aliases) {
    known_volumes_.emplace_back().subject = subject;
    known_keys_.push_back(key);
  }
}

DatasetWriter::Layout DatasetWriter::OrderParts(std::uint32_t volumes_per_shard) const {
  std::vector<VolumeEntry> entries;
  std::vector<std::string> subject_keys;
  for (const DatasetPart& part : parts_) {
    entries.push_back(part.entry);
    subject_keys.push_back(part.subject_key);
  }
  OrderedVolumes ordered = OrderVolumes(entries, subject_keys);
  std::vector<std::string> keys_in_order;
  for (const std::size_t position : ordered.order) keys_in_order.push_back(subject_keys[position]);
  const std::vector<std::uint32_t> subjects =
      SubjectsBehind(known_volumes_, known_keys_, ordered.subjects, keys_in_order);
  Layout layout{base_, std::move(ordered.order)};
  auto& volumes = layout.manifest.volumes;
  const auto first_shard = static_cast<std::uint32_t>(base_.shards.size());
  for (std::size_t i = 0; i < layout.order.size(); ++i) {
    volumes.push_back(entries[layout.order[i]]);
    volumes.back().id = ordered.ids[i];
    volumes.back().subject = subjects[i];
    volumes.back().shard = first_shard + static_cast<std::uint32_t>(i / volumes_per_shard);
  }
  return layout;
}

StatusOr<DatasetWriter::Layout> DatasetWriter::Arrange(std::uint32_t volumes_per_shard,
                                                       const ShardHooks& hooks) {
  if (volumes_per_shard == 0) return InvalidArgumentError("volumes per shard must be at least 1");
  Layout layout = OrderParts(volumes_per_shard);
  const auto count = static_cast<std::uint32_t>(layout.manifest.volumes.size());
  auto& shards = layout.manifest.shards;
  for (auto begin = static_cast<std::uint32_t>(base_.volumes.size()); begin < count;
       begin += volumes_per_shard) {
    GVSL_ASSIGN_OR_RETURN(ShardEntry shard,
                          MakeShard(layout, static_cast<std::uint32_t>(shards.size()), begin,
                                    std::min(count, begin + volumes_per_shard), hooks));
    shards.push_back(std::move(shard));
  }
  layout.manifest.sha256 = DatasetSha256(layout.manifest);
  return layout;
}

StatusOr<ShardEntry> DatasetWriter::MakeShard(const Layout& layout, std::uint32_t shard,
                                              std::uint32_t begin, std::uint32_t end,
                                              const ShardHooks& hooks) {
  ShardEntry entry{ShardName(shard), "", 0, {}};
  for (std::uint32_t volume = begin; volume < end; ++volume) entry.volumes.push_back(volume);
  const auto finished = hooks.finished ? hooks.finished(entry.file) : std::nullopt;
  if (finished && finished->volumes == entry.volumes) {
    entry = *finished;
  } else {
    GVSL_ASSIGN_OR_RETURN(entry, WriteShard(layout, std::move(entry)));
    GVSL_RETURN_IF_ERROR(files_.SyncDirectory(aside_));
    if (hooks.written) GVSL_RETURN_IF_ERROR(hooks.written(entry));
  }
  for (const std::uint32_t volume : entry.volumes) {
    const std::string& part = PartOf(layout, volume).file;
    if (files_.Exists(part)) GVSL_RETURN_IF_ERROR(files_.RemoveFile(part));
  }
  return entry;
}

StatusOr<ShardEntry> DatasetWriter::WriteShard(const Layout& layout, ShardEntry entry) {
  std::vector<SafetensorsFile> parts;
  std::map<std::string, TensorView> tensors;
  for (const std::uint32_t volume : entry.volumes) {
    const std::string& path = PartOf(layout, volume).file;
    GVSL_ASSIGN_OR_RETURN(auto mapped, files_.Map(path));
    StatusOr<SafetensorsFile> part = SafetensorsFile::Parse(std::move(mapped));
    if (!part.ok()) return part.status().WithContext(path);
    for (const auto& [name, view] : part->tensors()) {
      tensors[Concat(layout.manifest.volumes[volume].id, ".", name)] = view;
    }
    parts.push_back(*std::move(part));
  }
  GVSL_ASSIGN_OR_RETURN(const WrittenFile written,
                        WriteSafetensors(files_, JoinPath(aside_, entry.file), tensors));
  entry.sha256 = written.sha256;
  entry.bytes = written.bytes;
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
  keep_ = true;
  return files_.SyncDirectory(ParentPath(directory_));
}

}  // namespace gvsl::data_loader
