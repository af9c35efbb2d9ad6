#include "data_loader/ingest_base.h"

#include <cmath>
#include <utility>

#include "common/text.h"
#include "data_loader/dataset_part.h"
#include "data_loader/report_reader.h"
#include "data_loader/verified_file.h"

namespace gvsl::data_loader {
namespace {

constexpr double kSameSpacing = 1e-5;  // as what is not resampled

std::string Difference(const VolumeEntry& volume, const PrepareOptions& options) {
  const auto& spacing = volume.grid.spacing;
  for (int axis = 0; options.spacing && axis < 3; ++axis) {
    const double wanted = (*options.spacing)[axis];
    if (std::abs(spacing[axis] - wanted) > kSameSpacing * wanted) {
      return Concat("voxels of ", spacing[0], ",", spacing[1], ",", spacing[2], " mm");
    }
  }
  if (volume.cut && !options.body_margin) return "a crop to the body";
  const std::string window = WindowName(options.window, volume.modality);
  return volume.window == window ? "" : Concat("the window ", volume.window);
}

// Whoever cannot read it can add all the same.
void TakeSources(FileSystem& files, IngestBase& base) {
  const StatusOr<KnownSources> known = ReadSources(files, base.directory);
  if (!known.ok()) return;
  base.key = known->key;
  base.sources = known->paths;
  base.subjects = known->subjects;
}

Status Copy(FileSystem& files, const std::string& from, const std::string& to) {
  GVSL_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files.Create(to));
  GVSL_RETURN_IF_ERROR(
      files.Read(from, [&](std::string_view piece) { return file->Append(piece); }));
  GVSL_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

std::vector<std::string> IngestBase::SubjectKeys() const {
  std::vector<std::string> keys;
  for (const VolumeEntry& volume : manifest.volumes) {
    const auto found = subjects.find(volume.source);
    keys.push_back(found == subjects.end() ? "" : found->second);
  }
  return keys;
}

StatusOr<IngestBase> ReadBase(FileSystem& files, const std::string& directory,
                              const PrepareOptions& options) {
  IngestBase base;
  base.directory = directory;
  GVSL_ASSIGN_OR_RETURN(base.manifest, ReadManifest(files, directory));
  const std::string& prepared = base.manifest.prepared;
  if (!prepared.empty() && prepared != ToText(options)) {
    return FailedPreconditionError(Concat(
        directory, " was made with \"", prepared, "\", and this would be \"", ToText(options),
        "\"; what is added to it needs the same --spacing, --window and --crop"));
  }
  const auto& volumes = base.manifest.volumes;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    const VolumeEntry& volume = volumes[i];
    base.contents.emplace(ContentId(volume.grid, volume.sha256), i);
    if (const std::string has = Difference(volume, options); !has.empty()) {
      return FailedPreconditionError(
          Concat(directory, " has volumes with ", has,
                 "; what is added to it needs the same --spacing, --window and --crop"));
    }
  }
  TakeSources(files, base);
  return base;
}

Status ShareShards(FileSystem& files, const IngestBase& base, const std::string& directory,
                   const std::function<bool()>& stop) {
  for (const ShardEntry& shard : base.manifest.shards) {
    if (stop && stop()) return CancelledError("stopped");
    const std::string from = JoinPath(base.directory, shard.file);
    const std::string to = JoinPath(directory, shard.file);
    if (files.Exists(to)) GVSL_RETURN_IF_ERROR(files.RemoveFile(to));
    if (!files.Link(from, to).ok()) GVSL_RETURN_IF_ERROR(Copy(files, from, to));
    if (!Verify(files, to, {shard.sha256, shard.bytes}).ok()) {
      return DataLossError(from + ": its size or SHA-256 is not the manifest's");
    }
  }
  return OkStatus();
}

}  // namespace gvsl::data_loader
