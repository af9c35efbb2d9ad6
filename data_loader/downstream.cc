#include "data_loader/downstream.h"

#include <algorithm>
#include <utility>

#include "common/text.h"
#include "data_loader/label_classes.h"
#include "data_loader/subject_split.h"

namespace gvsl::data_loader {
namespace {

constexpr std::int64_t kShortestAxis = 16;  // four halvings by the network

bool IsMeasured(const VolumeEntry& volume, Truth truth) {
  switch (truth) {
    case Truth::kLabels:
      return volume.label_sha256.has_value();
    case Truth::kClass:
      return volume.class_index.has_value();
    case Truth::kNone:
      return true;
  }
  return false;
}

std::string KindOf(Truth truth) {
  if (truth == Truth::kLabels) return "with labels";
  return truth == Truth::kClass ? "with a class" : "in all";
}

Status CheckVolume(const VolumeEntry& volume, Truth truth) {
  for (int axis = 0; axis < 3; ++axis) {
    if (volume.grid.size[axis] >= kShortestAxis) continue;
    return RefuseField(
        "dataset", Concat("volume ", volume.id, " has ", volume.grid.size[axis], " voxels along ",
                          "zyx"[axis], "; ", kShortestAxis, " are needed"));
  }
  if (truth != Truth::kClass && volume.label_sha256 && volume.label_voxels.empty()) {
    const std::string reason =
        Concat("its manifest does not say which labels occur in volume ", volume.id,
               ": an earlier version wrote it, or they are too many; ingest the dataset again");
    return FailedPreconditionError("dataset: " + reason).WithViolation("dataset", reason);
  }
  return OkStatus();
}

StatusOr<std::vector<std::uint32_t>> UsableVolumes(const DatasetManifest& manifest, Truth truth) {
  std::vector<std::uint32_t> usable;
  for (std::uint32_t index = 0; index < manifest.volumes.size(); ++index) {
    const VolumeEntry& volume = manifest.volumes[index];
    if (!IsMeasured(volume, truth)) continue;
    GVSL_RETURN_IF_ERROR(CheckVolume(volume, truth));
    usable.push_back(index);
  }
  if (usable.empty()) {
    return RefuseField("dataset", Concat("none of its ", Plural(manifest.volumes.size(), "volume"),
                                         " is one ", KindOf(truth)));
  }
  return usable;
}

using NamedPart = std::pair<const char*, const std::vector<std::uint32_t>*>;

std::vector<NamedPart> NamedParts(const Split& split) {
  return {{"split.train", &split.train},
          {"split.validation", &split.validation},
          {"split.test", &split.test}};
}

// A moving and a fixed volume are of two subjects.
Status CheckPairs(const DatasetManifest& manifest, const Split& split) {
  for (const auto& [field, volumes] : NamedParts(split)) {
    const std::size_t subjects = CountSubjects(manifest, *volumes);
    if (volumes->empty() || subjects >= 2) continue;
    return RefuseField(field, Concat("has volumes of ", Plural(subjects, "subject"),
                                     "; two are registered with each other, so 2 are needed"));
  }
  return OkStatus();
}

void AddValues(const DatasetManifest& manifest, const std::vector<std::uint32_t>& volumes,
               Values& values) {
  for (const std::uint32_t index : volumes) {
    for (const auto& [value, voxels] : manifest.volumes[index].label_voxels) values.insert(value);
  }
}

StatusOr<std::int32_t> LabelClasses(const DatasetManifest& manifest, const Split& split,
                                    const DownstreamRequest& request) {
  Values trained;
  AddValues(manifest, split.train, trained);
  Values all = trained;
  AddValues(manifest, split.validation, all);
  AddValues(manifest, split.test, all);
  if (request.truth == Truth::kLabels) return CountClasses(request.labels, trained, all);
  const bool background_alone = all.empty() || all == Values{0};
  if (background_alone && request.labels.empty()) return 0;
  return CountClasses(request.labels, all, all);  // nothing is learnt from them
}

StatusOr<std::int32_t> VolumeClasses(const DatasetManifest& manifest, const Split& split,
                                     const ClassMap& map) {
  std::map<std::string, VolumesByValue> parts;
  for (const auto& [field, volumes] : NamedParts(split)) {
    for (const std::uint32_t index : *volumes) {
      ++parts[field][*manifest.volumes[index].class_index];
    }
  }
  GVSL_RETURN_IF_ERROR(CheckTwoClasses(map, parts));
  return 2;
}

}  // namespace

StatusOr<Downstream> PlanDownstream(const DatasetManifest& manifest,
                                    const DownstreamRequest& request) {
  GVSL_RETURN_IF_ERROR(CheckClassMap(request.labels));
  GVSL_ASSIGN_OR_RETURN(const auto usable, UsableVolumes(manifest, request.truth));
  Downstream plan;
  GVSL_ASSIGN_OR_RETURN(plan.split,
                        SplitBySubject(manifest, usable, request.split, request.seed,
                                       KindOf(request.truth), request.truth == Truth::kClass));
  if (request.truth == Truth::kClass) {
    GVSL_ASSIGN_OR_RETURN(plan.classes, VolumeClasses(manifest, plan.split, request.labels));
    return plan;
  }
  if (request.truth == Truth::kNone) GVSL_RETURN_IF_ERROR(CheckPairs(manifest, plan.split));
  GVSL_ASSIGN_OR_RETURN(plan.classes, LabelClasses(manifest, plan.split, request));
  return plan;
}

}  // namespace gvsl::data_loader
