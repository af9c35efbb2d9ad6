#include "worker/checkpoint/checkpoint_store.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "common/text.h"

namespace gvsl::checkpoint {
namespace {

std::string Rfc3339(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// Not there, or not what was written.
bool IsUseless(const Status& verified) {
  return verified.code() == StatusCode::kNotFound || verified.code() == StatusCode::kDataLoss;
}

TensorView PairsView(const std::vector<std::int64_t>& numbers) {
  return {DType::kI64,
          {static_cast<std::int64_t>(numbers.size()) / 2, 2},
          {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(numbers[0])}};
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
  GVSL_RETURN_IF_ERROR(CreateDirectoriesDurably(files_, directory_));
  return RemoveAsides();
}

std::string CheckpointStore::AsidePath(const std::string& name) const {
  return JoinPath(directory_, NewAsideName(name));
}

Status CheckpointStore::RemoveAsides() {
  GVSL_ASSIGN_OR_RETURN(const auto names, files_.List(directory_));
  for (const std::string& name : names) {
    if (IsAsideName(name)) GVSL_RETURN_IF_ERROR(files_.RemoveTree(JoinPath(directory_, name)));
  }
  return OkStatus();
}

StatusOr<CheckpointManifest> CheckpointStore::Write(CheckpointContent content) {
  content.manifest.time = Rfc3339(clock_.WallNow());
  GVSL_ASSIGN_OR_RETURN(const auto whole, FindWhole(content));
  if (whole.has_value()) {
    if (content.lineage != nullptr) GVSL_RETURN_IF_ERROR(PublishLineage(*content.lineage));
    GVSL_RETURN_IF_ERROR(files_.SyncDirectory(directory_));
    return *whole;
  }
  const std::string aside = AsidePath(CheckpointName(content.manifest.step));
  auto manifest = WriteAside(content, aside);
  Status status = manifest.status();
  if (status.ok() && content.lineage != nullptr) status = PublishLineage(*content.lineage);
  if (status.ok()) status = Publish(content.manifest.step, aside);
  if (status.ok()) return manifest;
  (void)files_.RemoveTree(aside);
  return status;
}

StatusOr<std::optional<CheckpointManifest>> CheckpointStore::FindWhole(
    const CheckpointContent& content) {
  const std::uint64_t step = content.manifest.step;
  auto existing = VerifyCheckpoint(files_, directory_, step);
  if (IsUseless(existing.status())) return std::optional<CheckpointManifest>();
  if (!existing.ok()) return existing.status();
  GVSL_ASSIGN_OR_RETURN(const WrittenFile own, HashSafetensors(content.model));
  if (existing->WeightsSha256() != own.sha256) {
    return InternalError(Concat("a checkpoint of step ", step, " with other weights is there: ",
                                existing->WeightsSha256(), " instead of ", own.sha256));
  }
  return std::optional<CheckpointManifest>(*std::move(existing));
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
  std::map<std::string, TensorView> tensors = {{kSamplesTensor, lineage.View(from)}};
  std::vector<std::int64_t> left_out;
  for (const auto& [shard, step] : QuarantinedWithin(lineage.quarantine(), from, lineage.end())) {
    left_out.insert(left_out.end(), {shard, static_cast<std::int64_t>(step)});
  }
  if (!left_out.empty()) tensors[kQuarantineTensor] = PairsView(left_out);
  Status status = WriteSafetensors(files_, aside, tensors).status();
  if (status.ok()) status = files_.Rename(aside, JoinPath(directory_, name));
  if (!status.ok()) {
    (void)files_.RemoveTree(aside);
    return status;
  }
  return files_.SyncDirectory(directory_);
}

Status CheckpointStore::Publish(std::uint64_t step, const std::string& aside) {
  const std::string path = JoinPath(directory_, CheckpointName(step));
  const bool useless = IsUseless(VerifyCheckpoint(files_, directory_, step).status());
  if (useless && files_.Exists(path)) {
    GVSL_RETURN_IF_ERROR(RemoveCheckpoint(files_, directory_, step));
  }
  GVSL_RETURN_IF_ERROR(files_.Rename(aside, path));
  return files_.SyncDirectory(directory_);
}

StatusOr<std::vector<std::uint64_t>> CheckpointStore::Retain(std::uint64_t good,
                                                             std::uint64_t best) {
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files_, directory_));
  std::vector<std::uint64_t> removed = StepsToRemove(steps, good, rule_, best);
  for (const std::uint64_t step : removed) {
    GVSL_RETURN_IF_ERROR(RemoveCheckpoint(files_, directory_, step));
  }
  return removed;
}

StatusOr<LoadedCheckpoint> CheckpointStore::Load(std::uint64_t step) {
  GVSL_ASSIGN_OR_RETURN(CheckpointManifest manifest, VerifyCheckpoint(files_, directory_, step));
  const std::string path = JoinPath(directory_, CheckpointName(step));
  if (!manifest.files.contains(kOptimizerFile)) {
    return DataLossError(
        Concat(CheckpointName(step), ": ", kManifestFile, " lists no ", kOptimizerFile));
  }
  GVSL_ASSIGN_OR_RETURN(SafetensorsFile model,
                        SafetensorsFile::Open(files_, JoinPath(path, kModelFile)));
  GVSL_ASSIGN_OR_RETURN(SafetensorsFile optimizer,
                        SafetensorsFile::Open(files_, JoinPath(path, kOptimizerFile)));
  return LoadedCheckpoint{std::move(manifest), std::move(model), std::move(optimizer)};
}

StatusOr<std::optional<LoadedCheckpoint>> CheckpointStore::LoadNewest(
    std::vector<DamagedCheckpoint>* damaged) {
  if (damaged != nullptr) damaged->clear();
  GVSL_ASSIGN_OR_RETURN(const auto steps, ListCheckpointSteps(files_, directory_));
  std::vector<std::string> sentences;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    auto loaded = Load(*step);
    if (loaded.ok()) return std::optional<LoadedCheckpoint>(*std::move(loaded));
    const StatusCode code = loaded.status().code();
    if (code == StatusCode::kNotFound) continue;  // removed just now
    if (code != StatusCode::kDataLoss) return loaded.status();
    if (damaged != nullptr) damaged->push_back({*step, loaded.status().message()});
    sentences.push_back(loaded.status().message());
  }
  if (!sentences.empty()) {
    return DataLossError(Concat("every checkpoint is damaged: ", Join(sentences, "; ")));
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

}  // namespace gvsl::checkpoint
