#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/dataset_writer.h"
#include "data_loader/ingest_fingerprint.h"
#include "data_loader/ingest_run.h"
#include "data_loader/ingest_tasks.h"

namespace gvsl::data_loader {
namespace {

// Shards that an earlier run finished stand only for exactly these volumes.
Status BeginShards(const IngestRun& run, const IngestedInputs& inputs) {
  std::vector<const IngestOutcome*> outcomes;
  for (const IngestOutcome& outcome : inputs.outcomes) outcomes.push_back(&outcome);
  const std::string arrangement = ArrangementSha256(outcomes);
  if (inputs.finished.empty()) return run.folder.AppendDurably(ArrangedLine(arrangement));
  if (arrangement == run.folder.journal().arranged) return OkStatus();
  return AbortedError(
      Concat("an input is not what it was when it was read before, though its size "
             "and time are; remove ",
             run.folder.path(), " and begin anew"));
}

// `progress` lives as long as the hooks.
ShardHooks HooksOf(const IngestRun& run, const IngestedInputs& inputs, IngestProgress& progress) {
  ShardHooks hooks;
  hooks.finished = [&](const std::string& file) -> std::optional<ShardEntry> {
    const auto found = inputs.finished.find(file);
    if (found == inputs.finished.end()) return std::nullopt;
    ++progress.done;
    progress.done_bytes += found->second.bytes;
    progress.earlier_bytes += found->second.bytes;
    return found->second;
  };
  hooks.written = [&](const ShardEntry& shard) -> Status {
    GVSL_RETURN_IF_ERROR(run.folder.AppendDurably(ShardLine(shard)));
    ++progress.done;
    progress.done_bytes += shard.bytes;
    if (run.options.progress) run.options.progress(progress);
    return run.options.stop && run.options.stop() ? CancelledError("stopped") : OkStatus();
  };
  return hooks;
}

StatusOr<DatasetWriter::Layout> Arrange(const IngestRun& run, const IngestedInputs& inputs,
                                        DatasetWriter& writer) {
  if (!run.options.add.empty()) {
    GVSL_RETURN_IF_ERROR(
        ShareShards(run.files, run.base, run.folder.DatasetPath(), run.options.stop));
    // What has the content of an old volume is of its subject, by whatever name.
    std::map<std::string, std::uint32_t> aliases;
    for (const IngestOutcome& outcome : inputs.outcomes) {
      const VolumeEntry* const old = run.InBase(outcome);
      if (old != nullptr) aliases.emplace(outcome.part->subject_key, old->subject);
    }
    writer.Continue(run.base.manifest, run.base.SubjectKeys(), std::move(aliases));
  }
  IngestProgress progress;
  progress.stage = IngestProgress::Stage::kShards;
  for (const IngestOutcome& outcome : inputs.outcomes) {
    if (!outcome.part || run.InBase(outcome) != nullptr) continue;
    progress.total_bytes += outcome.part->bytes;
    writer.Take(*outcome.part);
  }
  const std::size_t each = std::max<std::size_t>(1, run.options.volumes_per_shard);
  progress.total = (writer.volumes() + each - 1) / each;
  GVSL_RETURN_IF_ERROR(BeginShards(run, inputs));
  if (run.options.progress) run.options.progress(progress);
  return writer.Arrange(run.options.volumes_per_shard, HooksOf(run, inputs, progress));
}

void WarnOfSubjects(const IngestRun& run, const DatasetManifest& manifest) {
  const auto& volumes = manifest.volumes;
  if (std::all_of(volumes.begin(), volumes.end(),
                  [](const VolumeEntry& volume) { return volume.subject == 0; })) {
    run.ledger.Warn(
        run.options.output,
        {"ONE_SUBJECT", Concat("all of its volumes (", volumes.size(),
                               ") are of one subject; pre-training needs two or more")});
  }
  if (!run.options.add.empty() && run.base.subjects.empty()) {
    run.ledger.Warn(run.options.add,
                    {"SUBJECTS_NOT_KNOWN",
                     "the dataset that is added to does not tell whose its volumes are, or cannot "
                     "be asked: new images of its subjects count as of others"});
  }
}

}  // namespace

StatusOr<IngestReport> PublishDataset(const IngestRun& run, const IngestedInputs& inputs) {
  GVSL_ASSIGN_OR_RETURN(
      const std::unique_ptr<DatasetWriter> writer,
      DatasetWriter::CreateIn(run.files, run.options.output, run.folder.DatasetPath()));
  DatasetWriter::Layout layout;
  std::optional<DatasetManifest> manifest;
  if (run.ledger.accepted() > 0) {
    GVSL_ASSIGN_OR_RETURN(layout, Arrange(run, inputs, *writer));
    WarnOfSubjects(run, layout.manifest);
    manifest = std::move(layout.manifest);
  }
  IngestReport report =
      run.ledger.Close(manifest ? &*manifest : nullptr, layout.order, inputs.ignored_files);
  const std::string json = ToJson(report);
  if (manifest) {
    manifest->files[kReportName] = Sha256Hex(json);
    manifest->prepared = ToText(run.options.prepare);
  }
  GVSL_RETURN_IF_ERROR(run.folder.AppendDurably(
      PublishedLine(Sha256Hex(json), AskedSha256(run.options, run.base.manifest.sha256))));
  GVSL_RETURN_IF_ERROR(writer->Publish(
      manifest, {{kReportName, {json, false}}, {kSourcesName, {run.ledger.SourcesJson(), true}}}));
  return report;
}

}  // namespace gvsl::data_loader
