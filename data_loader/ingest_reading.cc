#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "common/text.h"
#include "data_loader/bounded_workers.h"
#include "data_loader/ingest_inputs.h"
#include "data_loader/ingest_run.h"
#include "data_loader/ingest_tasks.h"
#include "data_loader/ingest_volume.h"
#include "data_loader/verified_file.h"

namespace gvsl::data_loader {
namespace {

class Reading {
 public:
  explicit Reading(const IngestRun& run) : run_(run), options_(run.options) {}

  StatusOr<IngestedInputs> Run() {
    GVSL_ASSIGN_OR_RETURN(inputs_, FindInputs(run_.files, options_, run_.folder.path()));
    for (const RejectedSource& source : inputs_.rejected) {
      run_.ledger.Reject(source.path, source.rejection);
    }
    GVSL_RETURN_IF_ERROR(FindTasks());
    GVSL_RETURN_IF_ERROR(CheckSpace());
    if (options_.progress) options_.progress(progress_);
    GVSL_RETURN_IF_ERROR(IngestAll());
    WarnOfInputs();
    IngestedInputs result{{}, std::move(tasks_.finished), inputs_.ignored_files};
    for (auto& outcome : outcomes_) result.outcomes.push_back(*std::move(outcome));
    return result;
  }

 private:
  Status FindTasks() {
    std::vector<std::string> sources;
    for (const PlannedVolume& planned : inputs_.volumes) {
      sources.push_back(run_.ledger.NameOf(planned.source.Name()));
    }
    GVSL_ASSIGN_OR_RETURN(tasks_, TasksOf(run_.files, inputs_, sources, run_.base, run_.folder));
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
    // The inputs may be those of the base, and more: what it has already is not kept.
    for (const ShardEntry& shard : run_.base.manifest.shards) bytes -= std::min(bytes, shard.bytes);
    const auto free = run_.files.FreeBytes(run_.folder.path());
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
    const Status synced = run_.folder.Sync();
    return status.ok() ? synced : status;
  }

  Status IngestOne(std::size_t place) {
    const IngestTask& task = tasks_.tasks[place];
    const std::string part = run_.folder.PartPath(task.source);
    const bool is_known = task.known != nullptr && IsThere(task, part);
    IngestOutcome outcome;
    if (is_known) {
      outcome = *task.known;
    } else {
      GVSL_ASSIGN_OR_RETURN(outcome, IngestVolume(run_.files, options_, *task.planned, task.source,
                                                  run_.folder.journal().key, part));
      outcome.fingerprint = task.fingerprint;
      if (run_.InBase(outcome) != nullptr) GVSL_RETURN_IF_ERROR(run_.files.RemoveFile(part));
    }
    if (outcome.part) outcome.part->file = part;
    const std::lock_guard lock(mutex_);
    if (!is_known) GVSL_RETURN_IF_ERROR(run_.folder.Append(OutcomeLine(outcome)));
    outcomes_[place] = std::move(outcome);
    for (; told_ < outcomes_.size() && outcomes_[told_]; ++told_) TellOf(told_);
    ShowProgress(task, is_known);
    return OkStatus();
  }

  bool IsThere(const IngestTask& task, const std::string& path) const {
    const auto& part = task.known->part;
    return !part || task.in_shard || run_.InBase(*task.known) != nullptr ||
           Verify(run_.files, path, {part->sha256, part->bytes}).ok();
  }

  // Books are kept in the inputs' order, whichever is done first.
  void TellOf(std::size_t place) {
    const PlannedVolume& planned = *tasks_.tasks[place].planned;
    const IngestOutcome& outcome = *outcomes_[place];
    const auto* label = std::get_if<std::optional<std::string>>(&planned.label);
    const std::string label_path = label != nullptr ? label->value_or("") : "";
    if (const VolumeEntry* old = run_.InBase(outcome)) {
      run_.ledger.LeaveOut(planned.source.Name(), label_path, outcome, *old);
      return;
    }
    run_.ledger.Take(planned.source.Name(), label_path, outcome);
  }

  void ShowProgress(const IngestTask& task, bool is_known) {
    ++progress_.done;
    progress_.done_bytes += task.estimate.input_bytes;
    if (is_known) progress_.earlier_bytes += task.estimate.input_bytes;
    if (options_.progress) options_.progress(progress_);
  }

  void WarnOfInputs() {
    for (const std::string& link : inputs_.links) {
      run_.ledger.Warn(
          link, {"LINK_NOT_FOLLOWED", "a link to a folder; name the folder itself as --input"});
    }
    if (const std::size_t unknown = inputs_.classes_without_image; unknown > 0) {
      run_.ledger.Warn(options_.classes, {"CLASS_WITHOUT_IMAGE",
                                          Concat(unknown, " lines of the classes name no image")});
    }
  }

  const IngestRun& run_;
  const IngestOptions& options_;
  IngestInputs inputs_;
  IngestTasks tasks_;
  std::mutex mutex_;                                    // of journal, ledger and all that follows
  std::vector<std::optional<IngestOutcome>> outcomes_;  // by task
  std::size_t told_ = 0;
  IngestProgress progress_;
};

}  // namespace

StatusOr<IngestedInputs> IngestInputsOf(const IngestRun& run) { return Reading(run).Run(); }

}  // namespace gvsl::data_loader
