#include "data_loader/ingest.h"

#include <algorithm>
#include <new>
#include <set>
#include <tuple>
#include <utility>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/dataset_writer.h"
#include "data_loader/ingest_inputs.h"
#include "data_loader/nifti_reader.h"
#include "data_loader/resample.h"

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
      : files_(files), options_(options), observer_(observer), book_(options.key) {}

  StatusOr<IngestReport> Run() {
    GVSL_ASSIGN_OR_RETURN(inputs_, FindInputs(files_, options_));
    for (const RejectedSource& source : inputs_.rejected) Reject(source.path, source.rejection);
    report_.ignored_files = inputs_.ignored_files;
    if (IsFailedIngestion(files_, options_.output)) {
      GVSL_RETURN_IF_ERROR(files_.RemoveTree(options_.output));
    }
    GVSL_ASSIGN_OR_RETURN(writer_, DatasetWriter::Create(files_, options_.output));
    for (const auto& [source, reader] : inputs_.sources) {
      GVSL_RETURN_IF_ERROR(IngestOrReject(source, *reader));
    }
    ReportLeftOvers();
    return Publish();
  }

 private:
  // A volume that does not fit into memory is one more bad file.
  Status IngestOrReject(const VolumeSource& source, VolumeReader& reader) {
    try {
      return IngestOne(source, reader);
    } catch (const std::bad_alloc&) {
      Reject(source.path, {"OUT_OF_MEMORY", "it does not fit into this machine's memory"});
      return OkStatus();
    }
  }

  Status IngestOne(const VolumeSource& source, VolumeReader& reader) {
    OrRejection<std::string> label = inputs_.labels.Find(source.stem);
    OrRejection<RawVolume> raw = reader.Read(source);
    if (const auto* rejection = std::get_if<Rejection>(&raw)) {
      Reject(source.path, *rejection);
      return OkStatus();
    }
    AcceptedVolume accepted{"", book_.Name(source.path), false, {}};
    accepted.warnings = std::move(std::get<RawVolume>(raw).warnings);
    OrRejection<NewVolume> prepared =
        PrepareVolume(std::get<RawVolume>(std::move(raw)), options_.prepare);
    if (const auto* rejection = std::get_if<Rejection>(&prepared)) {
      Reject(source.path, *rejection);
      return OkStatus();
    }
    NewVolume& volume = std::get<NewVolume>(prepared);
    volume.source = accepted.source;
    AddLabels(label, volume, accepted);
    AddClass(source.stem, volume, accepted);
    if (inputs_.stems[source.stem] > 1) {
      accepted.warnings.push_back(
          {"DUPLICATE_STEM", Concat(inputs_.stems[source.stem],
                                    " inputs have this stem; all are kept, and labels and "
                                    "classes of the stem go to each")});
    }
    GVSL_RETURN_IF_ERROR(writer_->Add(volume));
    Observe(IngestEvent::Kind::kAccepted, source.path, {"", Describe(volume)});
    for (const Rejection& warning : accepted.warnings) {
      Observe(IngestEvent::Kind::kWarning, source.path, warning);
    }
    accepted.labelled = volume.labels.has_value();
    accepted_.push_back(std::move(accepted));
    return OkStatus();
  }

  void AddLabels(const OrRejection<std::string>& label, NewVolume& volume,
                 AcceptedVolume& accepted) {
    if (const auto* rejection = std::get_if<Rejection>(&label)) {
      accepted.warnings.push_back(*rejection);
      return;
    }
    const std::string& path = std::get<std::string>(label);
    if (path.empty()) {
      if (!options_.labels.empty()) {
        accepted.warnings.push_back({"NO_LABEL", "no label map has its stem; kept without"});
      }
      return;
    }
    OrRejection<LabelMap> map = ReadLabelMap(path);
    if (const auto* rejection = std::get_if<Rejection>(&map)) {
      RejectLabel(path, *rejection, accepted);
      return;
    }
    OrRejection<std::vector<std::int32_t>> labels =
        LabelsOnGrid(std::get<LabelMap>(map), volume.grid);
    if (const auto* rejection = std::get_if<Rejection>(&labels)) {
      RejectLabel(path, *rejection, accepted);
      return;
    }
    volume.labels = std::get<0>(std::move(labels));
  }

  void AddClass(const std::string& stem, NewVolume& volume, AcceptedVolume& accepted) {
    if (const auto found = inputs_.classes.find(stem); found != inputs_.classes.end()) {
      volume.class_index = found->second;
      used_classes_.insert(stem);
    } else if (!inputs_.classes.empty()) {
      accepted.warnings.push_back({"NO_CLASS", "the classes do not name its stem; kept without"});
    }
  }

  void ReportLeftOvers() {
    for (const std::string& path : inputs_.labels.Unused()) {
      Reject(path, {"LABEL_WITHOUT_IMAGE", "no image has the stem of this label map"});
    }
    if (const std::size_t unknown = inputs_.classes.size() - used_classes_.size(); unknown > 0) {
      report_.warnings.push_back(
          {"CLASS_WITHOUT_IMAGE", Concat(unknown, " stems of the classes are no accepted image")});
      Observe(IngestEvent::Kind::kWarning, options_.classes, report_.warnings.back());
    }
  }

  void RejectLabel(const std::string& path, const Rejection& rejection, AcceptedVolume& accepted) {
    Reject(path, rejection);
    accepted.warnings.push_back(
        {"LABEL_REJECTED", Concat("kept without labels: ", rejection.reason)});
  }

  void Reject(const std::string& path, const Rejection& rejection) {
    report_.rejected.push_back({book_.Name(path), rejection});
    Observe(IngestEvent::Kind::kRejected, path, rejection);
  }

  void Observe(IngestEvent::Kind kind, const std::string& path, const Rejection& what) const {
    if (observer_) observer_({kind, path, what});
  }

  StatusOr<IngestReport> Publish() {
    std::sort(report_.rejected.begin(), report_.rejected.end(), [](const auto& a, const auto& b) {
      return std::tie(a.rejection.code, a.source) < std::tie(b.rejection.code, b.source);
    });
    std::optional<DatasetManifest> manifest;
    if (!accepted_.empty()) {
      GVSL_ASSIGN_OR_RETURN(DatasetWriter::Layout layout,
                            writer_->Arrange(options_.volumes_per_shard));
      for (std::size_t volume = 0; volume < layout.order.size(); ++volume) {
        report_.accepted.push_back(std::move(accepted_[layout.order[volume]]));
        report_.accepted.back().id = layout.manifest.volumes[volume].id;
      }
      report_.dataset_sha256 = layout.manifest.sha256;
      manifest = std::move(layout.manifest);
    }
    const std::string report = ToJson(report_);
    if (manifest) manifest->files[kReportName] = Sha256Hex(report);
    GVSL_RETURN_IF_ERROR(writer_->Publish(
        manifest, {{kReportName, {report, false}}, {kSourcesName, {book_.ToJson(), true}}}));
    return std::move(report_);
  }

  FileSystem& files_;
  const IngestOptions& options_;
  const IngestObserver& observer_;
  SourceBook book_;
  IngestInputs inputs_;
  std::set<std::string> used_classes_;
  std::unique_ptr<DatasetWriter> writer_;
  std::vector<AcceptedVolume> accepted_;  // in the writer's order
  IngestReport report_;
};

}  // namespace

StatusOr<IngestReport> Ingest(FileSystem& files, const IngestOptions& options,
                              const IngestObserver& observer) {
  return Ingestion(files, options, observer).Run();
}

}  // namespace gvsl::data_loader
