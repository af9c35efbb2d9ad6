#include "data_loader/ingest_volume.h"

#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "common/sha256.h"
#include "common/text.h"
#include "data_loader/body_crop.h"
#include "data_loader/resample.h"
#include "data_loader/volume_check.h"

namespace gvsl::data_loader {
namespace {

using Labels = std::vector<std::int32_t>;

OrRejection<Labels> ReadLabels(const std::string& path, const Grid& grid) {
  return Guarded([&]() -> OrRejection<Labels> {
    OrRejection<LabelMap> map = ReadLabelMap(path);
    if (const auto* rejection = std::get_if<Rejection>(&map)) return *rejection;
    return LabelsOnGrid(std::get<LabelMap>(map), grid);
  });
}

void AddLabels(const IngestOptions& options, const PlannedVolume& planned, NewVolume& volume,
               IngestOutcome& outcome) {
  if (const auto* rejection = std::get_if<Rejection>(&planned.label)) {
    outcome.warnings.push_back(*rejection);
    return;
  }
  const auto& path = std::get<0>(planned.label);
  if (!path) {
    if (!options.labels.empty()) {
      outcome.warnings.push_back({"NO_LABEL", "no label map has its path or stem; kept without"});
    }
    return;
  }
  OrRejection<Labels> labels = ReadLabels(*path, volume.grid);
  if (const auto* rejection = std::get_if<Rejection>(&labels)) {
    outcome.label_rejection = *rejection;
    outcome.warnings.push_back(
        {"LABEL_REJECTED", Concat("kept without labels: ", rejection->reason)});
    return;
  }
  volume.labels = std::get<0>(std::move(labels));
}

void CropToBody(NewVolume& volume, IngestOutcome& outcome) {
  if (!volume.body) {
    outcome.warnings.push_back({"BODY_NOT_FOUND", "no body stands out in it; kept whole"});
    return;
  }
  VoxelBox box = *volume.body;
  if (volume.labels) box = WithLabels(box, volume.grid.size, *volume.labels);
  CropTo(box, volume);
}

void AddClass(const IngestOptions& options, const PlannedVolume& planned, NewVolume& volume,
              IngestOutcome& outcome) {
  if (const auto* rejection = std::get_if<Rejection>(&planned.class_index)) {
    outcome.warnings.push_back(*rejection);
    return;
  }
  volume.class_index = std::get<0>(planned.class_index);
  if (!volume.class_index && !options.classes.empty()) {
    outcome.warnings.push_back({"NO_CLASS", "the classes do not name its stem; kept without"});
  }
}

OrRejection<NewVolume> ReadAndPrepare(const PrepareOptions& options, const PlannedVolume& planned,
                                      std::vector<Rejection>& warnings) {
  OrRejection<RawVolume> raw = ReadVolume(*planned.reader, planned.source);
  if (const auto* rejection = std::get_if<Rejection>(&raw)) return *rejection;
  warnings = std::move(std::get<RawVolume>(raw).warnings);
  return Guarded([&] { return PrepareVolume(std::get<RawVolume>(std::move(raw)), options); });
}

}  // namespace

StatusOr<IngestOutcome> IngestVolume(FileSystem& files, const IngestOptions& options,
                                     const PlannedVolume& planned, const std::string& source,
                                     const std::string& key, const std::string& part_path) {
  IngestOutcome outcome;
  outcome.source = source;
  OrRejection<NewVolume> prepared = ReadAndPrepare(options.prepare, planned, outcome.warnings);
  if (const auto* rejection = std::get_if<Rejection>(&prepared)) {
    outcome.rejection = *rejection;
    return outcome;
  }
  NewVolume& volume = std::get<NewVolume>(prepared);
  volume.source = source;
  if (volume.subject_key.empty()) volume.subject_key = planned.subject_key;
  volume.subject_key = HmacSha256Hex(key, volume.subject_key);
  AddLabels(options, planned, volume, outcome);
  if (options.prepare.body_margin) {
    const OrRejection<bool> cropped = Guarded([&]() -> OrRejection<bool> {
      CropToBody(volume, outcome);
      return true;
    });
    if (const auto* rejection = std::get_if<Rejection>(&cropped)) {
      outcome.rejection = *rejection;
      return outcome;
    }
  }
  AddClass(options, planned, volume, outcome);
  if (planned.with_its_stem > 1) {
    outcome.warnings.push_back(
        {"DUPLICATE_STEM", Concat(planned.with_its_stem, " inputs have this stem; all are kept")});
  }
  GVSL_ASSIGN_OR_RETURN(outcome.part, WritePart(files, volume, part_path));
  return outcome;
}

}  // namespace gvsl::data_loader
