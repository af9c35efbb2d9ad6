#include "worker/checkpoint/checkpoint_store.h"

#include <algorithm>
#include <ctime>
#include <random>
#include <utility>

#include "common/text.h"

namespace gvsl::checkpoint {
namespace {

constexpr char kModelFile[] = "model.safetensors";
constexpr char kOptimizerFile[] = "optimizer.safetensors";
constexpr char kManifestFile[] = "manifest.json";

std::string Rfc3339(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// Creates the directory with all missing parents and makes every new name durable.
Status CreateDirectoryDurably(FileSystem& files, const std::string& directory) {
  std::vector<std::string> parents;
  for (std::string path = directory; !files.IsDirectory(path);) {
    const std::string parent = ParentPath(path);
    if (parent == path) break;
    parents.push_back(parent);
    path = parent;
  }
  GVSL_RETURN_IF_ERROR(files.CreateDirectories(directory));
  for (const std::string& parent : parents) GVSL_RETURN_IF_ERROR(files.SyncDirectory(parent));
  return OkStatus();
}

Status WriteSynced(FileSystem& files, const std::string& path, std::string_view bytes) {
  GVSL_ASSIGN_OR_RETURN(auto file, files.Create(path));
  GVSL_RETURN_IF_ERROR(file->Append(bytes));
  GVSL_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

CheckpointStore::CheckpointStore(FileSystem& files, Clock& clock, std::string directory,
                                 RetentionRule rule)
    : files_(files), clock_(clock), directory_(std::move(directory)), rule_(rule) {}

Status CheckpointStore::Prepare(const std::string& job_uid) {
  GVSL_RETURN_IF_ERROR(CheckCheckpointOwner(files_, directory_, job_uid));
  GVSL_RETURN_IF_ERROR(CreateDirectoryDurably(files_, directory_));
  return RemoveAsides();
}

std::string CheckpointStore::AsidePath(const std::string& name) const {
  std::random_device random;
  const std::uint64_t suffix = (std::uint64_t{random()} << 32) | random();
  return JoinPath(directory_, Concat(".", name, ".tmp-", std::hex, suffix));
}

Status CheckpointStore::RemoveAsides() {
  GVSL_ASSIGN_OR_RETURN(const auto names, files_.List(directory_));
  for (const std::string& name : names) {
    const bool ours = name.starts_with(".step-") || name.starts_with(".lineage-");
    if (!ours || name.find(".tmp-") == std::string::npos) continue;
    GVSL_RETURN_IF_ERROR(files_.RemoveTree(JoinPath(directory_, name)));
  }
  return OkStatus();
}

StatusOr<CheckpointManifest> CheckpointStore::Write(CheckpointContent content) {
  content.manifest.time = Rfc3339(clock_.WallNow());
  const std::string aside = AsidePath(CheckpointName(content.manifest.step));
  auto manifest = WriteAside(content, aside);
  if (manifest.ok() && content.lineage != nullptr) {
    if (Status published = PublishLineage(*content.lineage); !published.ok()) manifest = published;
  }
  if (manifest.ok()) manifest = Publish(*std::move(manifest), aside);
  if (!manifest.ok()) (void)files_.RemoveTree(aside);
  return manifest;
}

StatusOr<CheckpointManifest> CheckpointStore::WriteAside(const CheckpointContent& content,
                                                         const std::string& aside) {
  CheckpointManifest manifest = content.manifest;
  manifest.files.clear();
  GVSL_RETURN_IF_ERROR(files_.CreateDirectories(aside));
  const std::pair<const char*, const std::map<std::string, TensorView>&> parts[] = {
      {kModelFile, content.model}, {kOptimizerFile, content.optimizer}};
  for (const auto& [name, tensors] : parts) {
    GVSL_ASSIGN_OR_RETURN(const WrittenFile written,
                          WriteSafetensors(files_, JoinPath(aside, name), tensors));
    manifest.files[name] = {written.bytes, written.sha256};
  }
  GVSL_RETURN_IF_ERROR(WriteSynced(files_, JoinPath(aside, kManifestFile), ToJson(manifest)));
  GVSL_RETURN_IF_ERROR(files_.SyncDirectory(aside));
  return manifest;
}

Status CheckpointStore::PublishLineage(const LineageLog& lineage) {
  // A writer that died may have published some of these steps already; they are the same.
  GVSL_ASSIGN_OR_RETURN(const std::uint64_t published, PublishedLineage(lineage.end()));
  const std::uint64_t from = std::max(lineage.begin(), published);
  if (from == lineage.end()) return OkStatus();
  const std::string name = LineageName(from, lineage.end());
  const std::string aside = AsidePath(name);
  Status status = WriteSafetensors(files_, aside, {{"samples", lineage.View(from)}}).status();
  if (status.ok()) status = files_.Rename(aside, JoinPath(directory_, name));
  if (!status.ok()) {
    (void)files_.RemoveTree(aside);
    return status;
  }
  return files_.SyncDirectory(directory_);
}

StatusOr<CheckpointManifest> CheckpointStore::Publish(CheckpointManifest manifest,
                                                      const std::string& aside) {
  const std::uint64_t step = manifest.step;
  const std::string path = JoinPath(directory_, CheckpointName(step));
  if (files_.Exists(path)) {
    const auto existing = VerifyCheckpoint(files_, directory_, step);
    if (existing.ok() && existing->WeightsSha256() != manifest.WeightsSha256()) {
      return InternalError(Concat("a checkpoint of step ", step,
                                  " with other weights is there: ", existing->WeightsSha256(),
                                  " instead of ", manifest.WeightsSha256()));
    }
    if (existing.ok()) {
      GVSL_RETURN_IF_ERROR(files_.RemoveTree(aside));
      GVSL_RETURN_IF_ERROR(files_.SyncDirectory(directory_));
      return existing;
    }
    GVSL_RETURN_IF_ERROR(RemoveStep(step));
  }
  GVSL_RETURN_IF_ERROR(files_.Rename(aside, path));
  GVSL_RETURN_IF_ERROR(files_.SyncDirectory(directory_));
  return manifest;
}

Status CheckpointStore::RemoveStep(std::uint64_t step) {
  const std::string name = CheckpointName(step);
  const std::string aside = AsidePath(name);
  GVSL_RETURN_IF_ERROR(files_.Rename(JoinPath(directory_, name), aside));
  GVSL_RETURN_IF_ERROR(files_.SyncDirectory(directory_));
  return files_.RemoveTree(aside);
}

StatusOr<std::vector<std::uint64_t>> CheckpointStore::Retain(std::uint64_t good) {
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files_, directory_));
  std::vector<std::uint64_t> removed = StepsToRemove(steps, good, rule_);
  for (const std::uint64_t step : removed) GVSL_RETURN_IF_ERROR(RemoveStep(step));
  return removed;
}

StatusOr<LoadedCheckpoint> CheckpointStore::Load(std::uint64_t step) {
  GVSL_ASSIGN_OR_RETURN(CheckpointManifest manifest, VerifyCheckpoint(files_, directory_, step));
  const std::string path = JoinPath(directory_, CheckpointName(step));
  GVSL_ASSIGN_OR_RETURN(SafetensorsFile model,
                        SafetensorsFile::Open(files_, JoinPath(path, kModelFile)));
  GVSL_ASSIGN_OR_RETURN(SafetensorsFile optimizer,
                        SafetensorsFile::Open(files_, JoinPath(path, kOptimizerFile)));
  return LoadedCheckpoint{std::move(manifest), std::move(model), std::move(optimizer), {}};
}

StatusOr<std::optional<LoadedCheckpoint>> CheckpointStore::LoadNewest() {
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files_, directory_));
  std::vector<std::string> damaged;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto loaded = Load(*step);
    if (loaded.ok()) {
      loaded->damaged = std::move(damaged);
      return std::optional<LoadedCheckpoint>(*std::move(loaded));
    }
    damaged.push_back(loaded.status().message());
  }
  if (!damaged.empty()) {
    return DataLossError(Concat("every checkpoint is damaged: ", Join(damaged, "; ")));
  }
  return std::optional<LoadedCheckpoint>();
}

Status CheckpointStore::ForgetLineageBeyond(std::uint64_t step) {
  GVSL_ASSIGN_OR_RETURN(const auto segments, ListLineage(files_, directory_));
  bool removed = false;
  for (const LineageSegment& segment : segments) {
    if (segment.end <= step) continue;
    GVSL_RETURN_IF_ERROR(
        files_.RemoveFile(JoinPath(directory_, LineageName(segment.begin, segment.end))));
    removed = true;
  }
  return removed ? files_.SyncDirectory(directory_) : OkStatus();
}

StatusOr<std::uint64_t> CheckpointStore::PublishedLineage(std::uint64_t limit) {
  GVSL_ASSIGN_OR_RETURN(const auto segments, ListLineage(files_, directory_));
  return TiledUpTo(segments, limit);
}

bool CheckpointStore::Has(std::uint64_t step) {
  return files_.Exists(JoinPath(JoinPath(directory_, CheckpointName(step)), kManifestFile));
}

}  // namespace gvsl::checkpoint
