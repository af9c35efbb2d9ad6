#include "common/stored_weights.h"

#include <utility>
#include <variant>

#include "common/checkpoint_directory.h"
#include "common/sha256.h"
#include "common/text.h"
#include "common/torch_file.h"

namespace gvsl {

struct StoredWeights::Content {
  std::variant<SafetensorsFile, TorchFile> file;
};

namespace {

bool IsTorchName(const std::string& path) {
  return path.ends_with(".pth") || path.ends_with(".pt");
}

// The checkpoint that is meant: `path` itself, or one in it.
StatusOr<std::string> FindCheckpoint(FileSystem& files, const std::string& path) {
  if (files.Exists(JoinPath(path, kManifestFile))) return path;
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t step, MeantCheckpoint(files, path));
  return JoinPath(path, CheckpointName(step));
}

StatusOr<CheckpointManifest> ReadManifest(FileSystem& files, const std::string& checkpoint) {
  GVSL_ASSIGN_OR_RETURN(const std::string text,
                        ReadFile(files, JoinPath(checkpoint, kManifestFile)));
  return ParseCheckpointManifest(text);
}

StatusOr<SafetensorsFile> OpenModel(FileSystem& files, const std::string& checkpoint,
                                    const CheckpointManifest& manifest) {
  const auto listed = manifest.files.find(kModelFile);
  if (listed == manifest.files.end()) {
    return DataLossError(Concat(kManifestFile, " lists no ", kModelFile));
  }
  GVSL_ASSIGN_OR_RETURN(auto mapped, files.Map(JoinPath(checkpoint, kModelFile)));
  if (mapped->bytes().size() != listed->second.bytes ||
      Sha256Hex(mapped->bytes()) != listed->second.sha256) {
    return DataLossError(
        Concat(kModelFile, " is damaged: its size or SHA-256 is not the one in ", kManifestFile));
  }
  return SafetensorsFile::Parse(std::move(mapped));
}

template <typename File>
Status AtPath(const StatusOr<File>& file, const std::string& path) {
  return file.ok() ? OkStatus() : file.status().WithContext(path);
}

}  // namespace

StoredWeights::StoredWeights(std::string path, std::shared_ptr<const Content> content)
    : path_(std::move(path)), content_(std::move(content)) {}

StatusOr<StoredWeights> StoredWeights::Open(FileSystem& files, const std::string& path) {
  if (!files.Exists(path)) return NotFoundError(Concat(path, " is not there"));
  const auto made = [](const std::string& where, auto file) {
    return StoredWeights(where, std::make_shared<Content>(Content{std::move(file)}));
  };
  if (IsTorchName(path)) {
    GVSL_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(files, path));
    auto file = TorchFile::Parse(bytes);
    GVSL_RETURN_IF_ERROR(AtPath(file, path));
    return made(path, *std::move(file));
  }
  if (!files.List(path).ok()) {
    auto file = SafetensorsFile::Open(files, path);
    GVSL_RETURN_IF_ERROR(AtPath(file, path));
    return made(path, *std::move(file));
  }
  const auto checkpoint = FindCheckpoint(files, path);
  GVSL_RETURN_IF_ERROR(AtPath(checkpoint, path));
  auto manifest = ReadManifest(files, *checkpoint);
  GVSL_RETURN_IF_ERROR(AtPath(manifest, *checkpoint));
  auto model = OpenModel(files, *checkpoint, *manifest);
  GVSL_RETURN_IF_ERROR(AtPath(model, *checkpoint));
  StoredWeights weights = made(*checkpoint, *std::move(model));
  weights.manifest_ = *std::move(manifest);
  return weights;
}

const std::map<std::string, TensorView>& StoredWeights::tensors() const {
  return std::visit(
      [](const auto& file) -> const std::map<std::string, TensorView>& { return file.tensors(); },
      content_->file);
}

std::optional<std::int64_t> BackboneWidth(const std::map<std::string, TensorView>& tensors) {
  const auto first = tensors.find("unet.inc.double_conv.0.weight");  // (width, 1, 3, 3, 3)
  if (first == tensors.end() || first->second.shape.empty()) return std::nullopt;
  return first->second.shape[0];
}

}  // namespace gvsl
