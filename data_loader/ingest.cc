#include "data_loader/ingest.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/dataset_writer.h"
#include "data_loader/ingest_fingerprint.h"
#include "data_loader/ingest_inputs.h"
#include "data_loader/ingest_ledger.h"
#include "data_loader/ingest_tasks.h"
#include "data_loader/ingest_volume.h"
#include "data_loader/ingest_work_folder.h"

namespace gvsl::data_loader {
namespace {

class Ingestion {
 public:
  Ingestion(FileSystem& files, const IngestOptions& options, const IngestObserver& observer,
            IngestWorkFolder& folder)
      : files_(files),
        options_(options),
        folder_(folder),
        ledger_(folder.journal().key, observer) {}

  StatusOr<IngestReport> Run() {
    if (folder_.was_emptied()) {
      ledger_.Say(folder_.path(), {"OTHER_OPTIONS",
                                   "was begun with other options or another version; what had been "
                                   "done is done again"});
    }
    GVSL_ASSIGN_OR_RETURN(inputs_, FindInputs(files_, options_, folder_.path()));
    for (const RejectedSource& source : inputs_.rejected) {
      ledger_.Reject(source.path, source.rejection);
    }
    GVSL_RETURN_IF_ERROR(FindTasks());
    GVSL_RETURN_IF_ERROR(CheckSpace());
    GVSL_RETURN_IF_ERROR(IngestAll());
    WarnOfInputs();
    return Publish();
  }

 private:
  Status FindTasks() {
    std::vector<std::string> sources;
    for (const PlannedVolume& planned : inputs_.volumes) {
      sources.push_back(ledger_.NameOf(planned.source.Name()));
    }
    GVSL_ASSIGN_OR_RETURN(tasks_, TasksOf(files_, inputs_, sources, folder_));
    outcomes_.resize(tasks_.tasks.size());
    const std::vector<std::uint64_t> needs(tasks_.tasks.size(), 0);
    GVSL_RETURN_IF_ERROR(RunBounded(needs, options_.bounds, options_.stop, [&](std::size_t place) {
      IngestTask& task = tasks_.tasks[place];
      task.estimate = EstimateVolume(*task.planned, options_.prepare, task.known != nullptr);
      return OkStatus();
    }));
    progress_.total = tasks_.tasks.size();
    for (const IngestTask& task : tasks_.tasks) progress_.total_bytes += task.estimate.input_bytes;
    return OkStatus();
  }

  // Some of what is planned may be rejected yet: only what is clearly too little is refused.
  Status CheckSpace() const {
    std::uint64_t bytes = 0;
    for (const IngestTask& task : tasks_.tasks) bytes += task.estimate.part_bytes;
    const auto free = files_.FreeBytes(folder_.path());
    if (options_.ignore_space || !free.ok() || *free >= bytes - bytes / 10) return OkStatus();
    return ResourceExhaustedError(Concat("the dataset needs about ", bytes >> 20,
                                         " MiB more, and where it is to be ", *free >> 20,
                                         " MiB are free: make room, or begin all the same with "
                                         "--ignore-space"));
  }

  Status IngestAll() {
    std::vector<std::uint64_t> needs;
    for (const IngestTask& task : tasks_.tasks) needs.push_back(task.estimate.memory_bytes);
    Status status = RunBounded(needs, options_.bounds, options_.stop,
                               [this](std::size_t place) { return IngestOne(place); });
    const Status synced = folder_.Sync();
    return status.ok() ? synced : status;
  }

  Status IngestOne(std::size_t place) {
    const IngestTask& task = tasks_.tasks[place];
    const std::string part = folder_.PartPath(task.source);
    const bool is_known = task.known != nullptr && IsThere(task, part);
    IngestOutcome outcome;
    if (is_known) {
      outcome = *task.known;
    } else {
      GVSL_ASSIGN_OR_RETURN(outcome, IngestVolume(files_, options_, *task.planned, task.source,
                                                  folder_.journal().key, part));
      outcome.fingerprint = task.fingerprint;
    }
    if (outcome.part) outcome.part->file = part;
    const std::lock_guard lock(mutex_);
    if (!is_known) GVSL_RETURN_IF_ERROR(folder_.Append(OutcomeLine(outcome)));
    outcomes_[place] = std::move(outcome);
    TellOf(task, is_known);
    return OkStatus();
  }

  bool IsThere(const IngestTask& task, const std::string& path) {
    const auto& part = task.known->part;
    return !part || task.in_shard || IsWhole(files_, path, part->bytes, part->sha256);
  }

  // Books are kept in the inputs' order, whichever is done first.
  void TellOf(const IngestTask& task, bool is_known) {
    for (; told_ < outcomes_.size() && outcomes_[told_]; ++told_) {
      const PlannedVolume& planned = *tasks_.tasks[told_].planned;
      const auto* label = std::get_if<std::optional<std::string>>(&planned.label);
      const std::string label_path = label != nullptr ? label->value_or("") : "";
      ledger_.Take(planned.source.Name(), label_path, *outcomes_[told_]);
    }
    ++progress_.done;
    progress_.done_bytes += task.estimate.input_bytes;
    if (is_known) progress_.earlier_bytes += task.estimate.input_bytes;
    if (options_.progress) options_.progress(progress_);
  }

  void WarnOfInputs() {
    for (const std::string& link : inputs_.links) {
      ledger_.Warn(link,
                   {"LINK_NOT_FOLLOWED", "a link to a folder; name the folder itself as --input"});
    }
    if (const std::size_t unknown = inputs_.classes_without_image; unknown > 0) {
      ledger_.Warn(options_.classes,
                   {"CLASS_WITHOUT_IMAGE", Concat(unknown, " lines of the classes name no image")});
    }
  }

  void WarnOfSubjects(const DatasetManifest& manifest) {
    const auto& volumes = manifest.volumes;
    if (std::all_of(volumes.begin(), volumes.end(),
                    [](const VolumeEntry& volume) { return volume.subject == 0; })) {
      ledger_.Warn(options_.output,
                   {"ONE_SUBJECT", Concat("all of its volumes (", volumes.size(),
                                          ") are of one subject; pre-training needs two or more")});
    }
  }

  // Shards that an earlier run finished stand only for exactly these volumes.
  Status BeginShards() {
    std::vector<const IngestOutcome*> outcomes;
    for (const auto& outcome : outcomes_) outcomes.push_back(&*outcome);
    const std::string arrangement = ArrangementSha256(outcomes);
    if (tasks_.finished.empty()) return folder_.AppendDurably(ArrangedLine(arrangement));
    if (arrangement == folder_.journal().arranged) return OkStatus();
    return AbortedError(
        Concat("an input is not what it was when it was read before, though its "
               "size and time are; remove ",
               folder_.path(), " and begin anew"));
  }

  ShardHooks HooksOf(std::size_t shards) {
    progress_ = {true, 0, shards, 0, 0, 0};
    for (const auto& outcome : outcomes_) {
      if (outcome->part) progress_.total_bytes += outcome->part->bytes;
    }
    ShardHooks hooks;
    hooks.finished = [this](const std::string& file) -> std::optional<ShardEntry> {
      const auto found = tasks_.finished.find(file);
      if (found == tasks_.finished.end()) return std::nullopt;
      ++progress_.done;
      progress_.done_bytes += found->second.bytes;
      progress_.earlier_bytes += found->second.bytes;
      return found->second;
    };
    hooks.written = [this](const ShardEntry& shard) -> Status {
      GVSL_RETURN_IF_ERROR(folder_.AppendDurably(ShardLine(shard)));
      ++progress_.done;
      progress_.done_bytes += shard.bytes;
      if (options_.progress) options_.progress(progress_);
      return options_.stop && options_.stop() ? CancelledError("stopped") : OkStatus();
    };
    return hooks;
  }

  StatusOr<DatasetWriter::Layout> Arrange(DatasetWriter& writer) {
    for (const auto& outcome : outcomes_) {
      if (outcome->part) writer.Take(*outcome->part);
    }
    GVSL_RETURN_IF_ERROR(BeginShards());
    const std::size_t volumes = writer.volumes(), each = options_.volumes_per_shard;
    return writer.Arrange(options_.volumes_per_shard,
                          HooksOf(each == 0 ? 0 : (volumes + each - 1) / each));
  }

  StatusOr<IngestReport> Publish() {
    GVSL_ASSIGN_OR_RETURN(const std::unique_ptr<DatasetWriter> writer,
                          DatasetWriter::CreateIn(files_, options_.output, folder_.DatasetPath()));
    DatasetWriter::Layout layout;
    std::optional<DatasetManifest> manifest;
    if (ledger_.accepted() > 0) {
      GVSL_ASSIGN_OR_RETURN(layout, Arrange(*writer));
      WarnOfSubjects(layout.manifest);
      manifest = std::move(layout.manifest);
    }
    IngestReport report =
        ledger_.Close(manifest ? &*manifest : nullptr, layout.order, inputs_.ignored_files);
    const std::string json = ToJson(report);
    if (manifest) manifest->files[kReportName] = Sha256Hex(json);
    GVSL_RETURN_IF_ERROR(
        folder_.AppendDurably(PublishedLine(Sha256Hex(json), AskedSha256(options_))));
    GVSL_RETURN_IF_ERROR(writer->Publish(
        manifest, {{kReportName, {json, false}}, {kSourcesName, {ledger_.SourcesJson(), true}}}));
    return report;
  }

  FileSystem& files_;
  const IngestOptions& options_;
  IngestWorkFolder& folder_;
  IngestInputs inputs_;
  IngestTasks tasks_;
  std::mutex mutex_;  // of all that follows
  IngestLedger ledger_;
  std::vector<std::optional<IngestOutcome>> outcomes_;  // by task
  std::size_t told_ = 0;
  IngestProgress progress_;
};

// A report without a dataset is what an ingestion leaves that accepted nothing; the next may
// replace it.
bool IsFailedIngestion(FileSystem& files, const std::string& directory) {
  if (!files.IsDirectory(directory)) return false;
  const auto names = files.List(directory);
  return names.ok() && *names == std::vector<std::string>{kReportName, kSourcesName};
}

// What an ingestion left that was killed after its dataset had got its name: only its folder is to
// be removed.
std::optional<IngestReport> FindPublished(FileSystem& files, const IngestOptions& options) {
  const auto text = ReadFile(files, IngestWorkFolder::JournalOf(options.output));
  const auto report = ReadFile(files, JoinPath(options.output, kReportName));
  if (!text.ok() || !report.ok()) return std::nullopt;
  const IngestJournal journal = ParseJournal(*text);
  if (journal.published != Sha256Hex(*report)) return std::nullopt;
  if (journal.asked != AskedSha256(options)) return std::nullopt;
  const auto parsed = ParseReport(*report);
  return parsed.ok() ? std::optional(*parsed) : std::nullopt;
}

// The folder goes where nobody would miss it; else the error says what to do with it.
Status Explained(IngestWorkFolder& folder, const Status& status) {
  if (folder.holds_nothing()) {
    (void)folder.Remove();
    const bool stopped = status.code() == StatusCode::kCancelled;
    return stopped ? CancelledError(status.message() + "; nothing was written") : status;
  }
  const bool full = status.code() == StatusCode::kResourceExhausted;
  return {status.code(),
          Concat(status.message(), "; what was done is kept in ", folder.path(), ": ",
                 full ? "make room, and " : "", "the same command goes on there, or remove it")};
}

}  // namespace

StatusOr<IngestReport> Ingest(FileSystem& files, const IngestOptions& options,
                              const IngestObserver& observer) {
  std::optional<IngestReport> published = FindPublished(files, options);
  if (!published) {
    if (IsFailedIngestion(files, options.output)) {
      GVSL_RETURN_IF_ERROR(files.RemoveTree(options.output));
    }
    GVSL_RETURN_IF_ERROR(CheckIsFree(files, options.output));
  }
  GVSL_ASSIGN_OR_RETURN(
      const std::unique_ptr<IngestWorkFolder> folder,
      IngestWorkFolder::Open(files, options.output, OptionsSha256(options), options.key));
  StatusOr<IngestReport> report = published ? StatusOr<IngestReport>(*std::move(published))
                                            : Ingestion(files, options, observer, *folder).Run();
  if (!report.ok()) return Explained(*folder, report.status());
  // The dataset is there, whatever becomes of the folder: the next call removes it.
  (void)folder->Remove();
  return report;
}

}  // namespace gvsl::data_loader
