#include "coordinator/init_check.h"

#include <cstdint>
#include <optional>
#include <string>

#include "common/checkpoint_directory.h"
#include "common/safetensors.h"
#include "common/stored_weights.h"
#include "common/text.h"
#include "common/torch_file.h"

namespace gvsl::coordinator {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28;  // the trainer looks at what is larger

// The channels of the first level; nothing where that cannot be told.
using Width = std::optional<std::int64_t>;

Status Refuse(const Status& status) {
  return Status(status.code(), "init.checkpoint: " + status.message())
      .WithViolation("init.checkpoint", status.message());
}

// A trouble that the workers' view of the disk need not have.
bool IsOwnView(const Status& status) {
  return status.code() != StatusCode::kDataLoss && status.code() != StatusCode::kInvalidArgument &&
         status.code() != StatusCode::kFailedPrecondition;
}

StatusOr<Width> WidthOfFile(FileSystem& files, const std::string& path) {
  const bool torch = path.ends_with(".pth") || path.ends_with(".pt");
  if (!torch && !path.ends_with(".safetensors")) {
    return InvalidArgumentError(Concat("it is neither a directory of checkpoints nor a file ",
                                       "called .safetensors, .pth or .pt"));
  }
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t bytes, files.FileSize(path));
  if (bytes > kMostBytes) return Width();
  if (torch) {
    GVSL_ASSIGN_OR_RETURN(const std::string archive, ReadFile(files, path, kMostBytes));
    GVSL_ASSIGN_OR_RETURN(const TorchFile file, TorchFile::Parse(archive));
    return BackboneWidth(file.tensors());
  }
  GVSL_ASSIGN_OR_RETURN(const SafetensorsFile file, SafetensorsFile::Open(files, path));
  return BackboneWidth(file.tensors());
}

StatusOr<Width> WidthOfCheckpoint(FileSystem& files, const std::string& directory) {
  const std::string path = JoinPath(directory, kManifestFile);
  GVSL_ASSIGN_OR_RETURN(const std::string text, ReadFile(files, path, kMostBytes));
  GVSL_ASSIGN_OR_RETURN(const CheckpointManifest manifest, ParseCheckpointManifest(text));
  return manifest.width > 0 ? Width(manifest.width) : Width();
}

StatusOr<Width> WidthOfDirectory(FileSystem& files, const std::string& path) {
  if (files.Exists(JoinPath(path, kManifestFile))) return WidthOfCheckpoint(files, path);
  GVSL_ASSIGN_OR_RETURN(const auto names, files.List(path));
  if (names.empty()) return Width();  // where others have something mounted, perhaps
  return InvalidArgumentError("it holds no checkpoint");
}

// Where the directory around it shows something, it would be shown too.
Status CheckThere(FileSystem& files, const std::string& path) {
  const std::string parent = ParentPath(path);
  const auto names = files.List(parent);
  if (parent == "/" || !names.ok() || names->empty()) return OkStatus();
  return Refuse(NotFoundError(Concat("there is no ", path)));
}

}  // namespace

Status CheckInit(FileSystem& files, v1::JobSpec& spec) {
  std::string path = spec.init().checkpoint();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path.empty()) return OkStatus();
  if (!files.Exists(path)) return CheckThere(files, path);
  if (files.IsDirectory(path) && !files.Exists(JoinPath(path, kManifestFile))) {
    const auto meant = MeantCheckpoint(files, path);
    if (meant.ok()) path = JoinPath(path, CheckpointName(*meant));
    spec.mutable_init()->set_checkpoint(path);
  }
  const StatusOr<Width> width =
      files.IsDirectory(path) ? WidthOfDirectory(files, path) : WidthOfFile(files, path);
  if (!width.ok()) {
    if (IsOwnView(width.status())) return OkStatus();
    return Refuse(width.status().WithContext(path));
  }
  if (!*width || **width == spec.model().width()) return OkStatus();
  return Refuse(InvalidArgumentError(Concat(path, " holds a network of width ", **width,
                                            ", model.width is ", spec.model().width())));
}

}  // namespace gvsl::coordinator
