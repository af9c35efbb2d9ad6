#include <algorithm>

#include "common/checkpoint_directory.h"

namespace gvsl {
namespace {

StatusOr<bool> HoldsNothingElse(FileSystem& files, const std::string& path) {
  GVSL_ASSIGN_OR_RETURN(const auto names, files.List(path));
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return IsCheckpointDataFile(name) || name == kManifestFile;
  });
}

StatusOr<bool> IsCheckpointOf(FileSystem& files, const std::string& directory, std::uint64_t step,
                              const std::string& job_uid) {
  const auto manifest = ReadCheckpointManifest(files, directory, step);
  const StatusCode code = manifest.status().code();
  if (code == StatusCode::kNotFound || code == StatusCode::kDataLoss) return false;
  if (!manifest.ok()) return manifest.status();
  if (manifest->job_uid != job_uid) return false;
  return HoldsNothingElse(files, JoinPath(directory, CheckpointName(step)));
}

// An aside that is a directory, or a segment.
Status RemoveLooseEnd(FileSystem& files, const std::string& path) {
  if (!files.IsDirectory(path)) return files.RemoveFile(path);
  GVSL_ASSIGN_OR_RETURN(const bool ours, HoldsNothingElse(files, path));
  return ours ? files.RemoveTree(path) : OkStatus();
}

}  // namespace

Status RemoveCheckpoint(FileSystem& files, const std::string& directory, std::uint64_t step) {
  const std::string name = CheckpointName(step);
  const std::string aside = JoinPath(directory, NewAsideName(name));
  GVSL_RETURN_IF_ERROR(files.Rename(JoinPath(directory, name), aside));
  GVSL_RETURN_IF_ERROR(files.SyncDirectory(directory));
  return files.RemoveTree(aside);
}

Status RemoveJobCheckpoints(FileSystem& files, const std::string& directory,
                            const std::string& job_uid) {
  const auto names = files.List(directory);
  if (names.status().code() == StatusCode::kNotFound) return OkStatus();
  if (!names.ok()) return names.status();
  GVSL_RETURN_IF_ERROR(CheckCheckpointOwner(files, directory, job_uid));
  for (const std::string& name : *names) {
    const std::string path = JoinPath(directory, name);
    if (const auto step = ParseCheckpointName(name)) {
      GVSL_ASSIGN_OR_RETURN(const bool ours, IsCheckpointOf(files, directory, *step, job_uid));
      if (ours) GVSL_RETURN_IF_ERROR(RemoveCheckpoint(files, directory, *step));
    } else if (IsAsideName(name) || (ParseLineageName(name) && !files.IsDirectory(path))) {
      GVSL_RETURN_IF_ERROR(RemoveLooseEnd(files, path));
    }
  }
  GVSL_ASSIGN_OR_RETURN(const auto rest, files.List(directory));
  return rest.empty() ? files.RemoveTree(directory) : files.SyncDirectory(directory);
}

}  // namespace gvsl
