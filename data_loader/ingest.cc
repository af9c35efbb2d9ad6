#include "data_loader/ingest.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/dataset_writer.h"
#include "data_loader/ingest_inputs.h"
#include "data_loader/ingest_ledger.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/resample.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

std::string Describe(const NewVolume& volume) {
  const auto& [size, spacing, to_ras] = volume.grid;
  return Concat(volume.modality, " ", size[0], "x", size[1], "x", size[2], " voxels of ",
                spacing[0], "x", spacing[1], "x", spacing[2], " mm, window ", volume.window,
                volume.labels ? ", labelled" : "");
}

// A report without a dataset is what an ingestion leaves that accepted nothing; the next may
// replace it.
bool IsFailedIngestion(FileSystem& files, const std::string& directory) {
  if (!files.IsDirectory(directory)) return false;
  const auto names = files.List(directory);
  return names.ok() && *names == std::vector<std::string>{kReportName, kSourcesName};
}

class Ingestion {
 public:
  Ingestion(FileSystem& files, const IngestOptions& options, const IngestObserver& observer)
      : files_(files), options_(options), ledger_(options.key, observer) {}

  StatusOr<IngestReport> Run() {
    if (IsFailedIngestion(files_, options_.output)) {
      GVSL_RETURN_IF_ERROR(files_.RemoveTree(options_.output));
    }
    WarnOfLeftOvers();
    GVSL_ASSIGN_OR_RETURN(writer_, DatasetWriter::Create(files_, options_.output));
    GVSL_ASSIGN_OR_RETURN(inputs_, FindInputs(files_, options_));
    for (const RejectedSource& source : inputs_.rejected) {
      ledger_.Reject(source.path, source.rejection);
    }
    for (const PlannedVolume& planned : inputs_.volumes) {
      if (options_.stop && options_.stop()) return CancelledError("stopped; nothing was written");
      GVSL_RETURN_IF_ERROR(IngestOne(planned));
    }
    WarnOfInputs();
    return Publish();
  }

 private:
  Status IngestOne(const PlannedVolume& planned) {
    const VolumeSource& source = planned.source;
    AcceptedVolume accepted{"", ledger_.NameOf(source.Name()), false, {}};
    OrRejection<NewVolume> prepared = ReadAndPrepare(planned, accepted);
    if (const auto* rejection = std::get_if<Rejection>(&prepared)) {
      ledger_.Reject(source.Name(), *rejection);
      return OkStatus();
    }
    NewVolume& volume = std::get<NewVolume>(prepared);
    volume.source = accepted.source;
    if (volume.subject_key.empty()) volume.subject_key = planned.subject_key;
    AddLabels(planned, volume, accepted);
    AddClass(planned, volume, accepted);
    if (planned.with_its_stem > 1) {
      accepted.warnings.push_back(
          {"DUPLICATE_STEM",
           Concat(planned.with_its_stem, " inputs have this stem; all are kept")});
    }
    GVSL_RETURN_IF_ERROR(writer_->Add(volume));
    accepted.labelled = volume.labels.has_value();
    ledger_.Accept(source.Name(), std::move(accepted), Describe(volume));
    return OkStatus();
  }

  OrRejection<NewVolume> ReadAndPrepare(const PlannedVolume& planned, AcceptedVolume& accepted) {
    OrRejection<RawVolume> raw = ReadVolume(*planned.reader, planned.source);
    if (const auto* rejection = std::get_if<Rejection>(&raw)) return *rejection;
    accepted.warnings = std::move(std::get<RawVolume>(raw).warnings);
    return Guarded(
        [&] { return PrepareVolume(std::get<RawVolume>(std::move(raw)), options_.prepare); });
  }

  void AddLabels(const PlannedVolume& planned, NewVolume& volume, AcceptedVolume& accepted) {
    if (const auto* rejection = std::get_if<Rejection>(&planned.label)) {
      accepted.warnings.push_back(*rejection);
      return;
    }
    const auto& path = std::get<0>(planned.label);
    if (!path) {
      if (!options_.labels.empty()) {
        accepted.warnings.push_back(
            {"NO_LABEL", "no label map has its path or stem; kept without"});
      }
      return;
    }
    OrRejection<std::vector<std::int32_t>> labels =
        Guarded([&]() -> OrRejection<std::vector<std::int32_t>> {
          OrRejection<LabelMap> map = ReadLabelMap(*path);
          if (const auto* rejection = std::get_if<Rejection>(&map)) return *rejection;
          return LabelsOnGrid(std::get<LabelMap>(map), volume.grid);
        });
    if (const auto* rejection = std::get_if<Rejection>(&labels)) {
      RejectLabel(*path, *rejection, accepted);
      return;
    }
    volume.labels = std::get<0>(std::move(labels));
  }

  void AddClass(const PlannedVolume& planned, NewVolume& volume, AcceptedVolume& accepted) const {
    if (const auto* rejection = std::get_if<Rejection>(&planned.class_index)) {
      accepted.warnings.push_back(*rejection);
      return;
    }
    volume.class_index = std::get<0>(planned.class_index);
    if (!volume.class_index && !options_.classes.empty()) {
      accepted.warnings.push_back({"NO_CLASS", "the classes do not name its stem; kept without"});
    }
  }

  // Another ingestion may be running, on another machine: nothing is removed.
  void WarnOfLeftOvers() {
    std::string output = options_.output;
    while (output.size() > 1 && output.back() == '/') output.pop_back();
    const auto names = files_.List(ParentPath(output));
    if (!names.ok()) return;
    const std::string aside = std::filesystem::path(output).filename().string() + ".tmp-";
    for (const std::string& name : *names) {
      if (!name.starts_with(aside)) continue;
      ledger_.Warn(JoinPath(ParentPath(output), name),
                   {"LEFT_OVER",
                    "of an ingestion that was killed, or still runs; remove it when none does"});
    }
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

  void RejectLabel(const std::string& path, const Rejection& rejection, AcceptedVolume& accepted) {
    ledger_.Reject(path, rejection);
    accepted.warnings.push_back(
        {"LABEL_REJECTED", Concat("kept without labels: ", rejection.reason)});
  }

  StatusOr<IngestReport> Publish() {
    DatasetWriter::Layout layout;
    std::optional<DatasetManifest> manifest;
    if (ledger_.accepted() > 0) {
      GVSL_ASSIGN_OR_RETURN(layout, writer_->Arrange(options_.volumes_per_shard));
      WarnOfSubjects(layout.manifest);
      manifest = std::move(layout.manifest);
    }
    IngestReport report =
        ledger_.Close(manifest ? &*manifest : nullptr, layout.order, inputs_.ignored_files);
    const std::string json = ToJson(report);
    if (manifest) manifest->files[kReportName] = Sha256Hex(json);
    GVSL_RETURN_IF_ERROR(writer_->Publish(
        manifest, {{kReportName, {json, false}}, {kSourcesName, {ledger_.SourcesJson(), true}}}));
    return report;
  }

  FileSystem& files_;
  const IngestOptions& options_;
  IngestLedger ledger_;
  IngestInputs inputs_;
  std::unique_ptr<DatasetWriter> writer_;
};

}  // namespace

StatusOr<IngestReport> Ingest(FileSystem& files, const IngestOptions& options,
                              const IngestObserver& observer) {
  return Ingestion(files, options, observer).Run();
}

}  // namespace gvsl::data_loader
