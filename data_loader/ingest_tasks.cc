#include "data_loader/ingest_tasks.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "common/sha256.h"
#include "data_loader/ingest_fingerprint.h"
#include "data_loader/ingest_volume.h"
#include "data_loader/verified_file.h"
#include "data_loader/volume_order.h"

namespace gvsl::data_loader {
namespace {

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::vector<IngestTask> Match(const IngestInputs& inputs, const std::vector<std::string>& sources,
                              const IngestJournal& journal) {
  // What failed may have been the disk or the memory: it is tried again until shards are cut.
  const auto is_final = [&](const IngestOutcome& outcome) {
    return !journal.arranged.empty() || (outcome.part && !outcome.label_rejection);
  };
  std::vector<IngestTask> tasks;
  for (std::size_t i = 0; i < inputs.volumes.size(); ++i) {
    IngestTask task;
    task.planned = &inputs.volumes[i];
    task.source = sources[i];
    task.fingerprint = Fingerprint(*task.planned);
    const auto found = journal.outcomes.find(task.source);
    const bool holds = found != journal.outcomes.end() &&
                       found->second.fingerprint == task.fingerprint && is_final(found->second);
    if (holds) task.known = &found->second;
    tasks.push_back(std::move(task));
  }
  return tasks;
}

bool AreAsArranged(const std::vector<IngestTask>& tasks, const IngestJournal& journal) {
  std::vector<const IngestOutcome*> outcomes;
  for (const IngestTask& task : tasks) {
    if (task.known == nullptr) return false;
    outcomes.push_back(task.known);
  }
  return !journal.arranged.empty() && ArrangementSha256(outcomes) == journal.arranged;
}

// The tasks of new volumes in the dataset's order.
std::vector<IngestTask*> InOrder(std::vector<IngestTask>& tasks, const IngestBase& base) {
  std::vector<IngestTask*> accepted;
  std::vector<VolumeEntry> entries;
  std::vector<std::string> subject_keys;
  for (IngestTask& task : tasks) {
    if (!task.known->part || base.contents.contains(task.known->part->entry.id)) continue;
    accepted.push_back(&task);
    entries.push_back(task.known->part->entry);
    subject_keys.push_back(task.known->part->subject_key);
  }
  std::vector<IngestTask*> ordered;
  for (const std::size_t place : OrderVolumes(entries, subject_keys).order) {
    ordered.push_back(accepted[place]);
  }
  return ordered;
}

void FindFinished(FileSystem& files, const IngestWorkFolder& folder, const IngestBase& base,
                  IngestTasks& tasks) {
  const std::vector<IngestTask*> ordered = InOrder(tasks.tasks, base);
  const std::size_t first = base.manifest.volumes.size();
  for (const ShardEntry& shard : folder.journal().shards) {
    const auto is_known = [&](std::uint32_t volume) {
      return volume >= first && volume - first < ordered.size();
    };
    if (!std::all_of(shard.volumes.begin(), shard.volumes.end(), is_known)) continue;
    const std::string path = JoinPath(folder.DatasetPath(), shard.file);
    if (!Verify(files, path, {shard.sha256, shard.bytes}).ok()) continue;
    tasks.finished[shard.file] = shard;
    for (const std::uint32_t volume : shard.volumes) ordered[volume - first]->in_shard = true;
  }
}

}  // namespace

std::string ArrangementSha256(const std::vector<const IngestOutcome*>& outcomes) {
  Sha256 hash;
  for (const IngestOutcome* outcome : outcomes) {
    if (outcome->part) hash.Update(OutcomeLine(*outcome));
  }
  return hash.HexDigest();
}

StatusOr<IngestTasks> TasksOf(FileSystem& files, const IngestInputs& inputs,
                              const std::vector<std::string>& sources, const IngestBase& base,
                              IngestWorkFolder& folder) {
  IngestTasks tasks{Match(inputs, sources, folder.journal()), {}};
  std::set<std::string> useful;
  for (const IngestTask& task : tasks.tasks) {
    if (task.known != nullptr) useful.insert(NameOf(folder.PartPath(task.source)));
  }
  if (AreAsArranged(tasks.tasks, folder.journal())) {
    useful.insert(NameOf(folder.DatasetPath()));
    FindFinished(files, folder, base, tasks);
  }
  GVSL_RETURN_IF_ERROR(folder.RemoveAllBut(useful));
  return tasks;
}

}  // namespace gvsl::data_loader
