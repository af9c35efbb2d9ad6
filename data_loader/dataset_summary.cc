#include "data_loader/dataset_summary.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/text.h"
#include "data_loader/report_reader.h"

namespace gvsl::data_loader {
namespace {

template <typename T>
std::string Times(const std::array<T, 3>& values) {
  return Concat(values[0], "x", values[1], "x", values[2]);
}

template <typename T, typename Get>
Distribution<T> DistributionOf(const std::vector<VolumeEntry>& volumes, Get get) {
  Distribution<T> found;
  if (volumes.empty()) return found;
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<T> values;
    for (const VolumeEntry& volume : volumes) values.push_back(get(volume)[axis]);
    std::sort(values.begin(), values.end());
    found.least[axis] = values.front();
    found.median[axis] = values[(values.size() - 1) / 2];
    found.greatest[axis] = values.back();
  }
  return found;
}

std::vector<IntensityGroup> GroupIntensities(const std::vector<VolumeEntry>& volumes) {
  std::map<std::pair<std::string, std::string>, IntensityGroup> groups;
  for (const VolumeEntry& volume : volumes) {
    IntensityGroup& group = groups[{volume.modality, volume.window}];
    group.modality = volume.modality;
    group.window = volume.window;
    ++group.volumes;
    if (!volume.histogram) ++group.uncounted;
    for (std::size_t bin = 0; volume.histogram && bin < kIntensityBins; ++bin) {
      group.histogram[bin] += (*volume.histogram)[bin];
    }
  }
  std::vector<IntensityGroup> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

void CountVolumes(DatasetSummary& summary) {
  std::set<std::uint32_t> subjects;
  for (const VolumeEntry& volume : summary.manifest.volumes) {
    subjects.insert(volume.subject);
    summary.labelled += volume.label_sha256 ? 1 : 0;
    ++summary.sizes[Times(volume.grid.size)];
    ++summary.spacings[Times(volume.grid.spacing)];
    ++summary.modalities[volume.modality];
    ++summary.windows[volume.window];
    for (const auto& [value, voxels] : volume.label_voxels) ++summary.labels[value];
    if (volume.class_index) ++summary.classes[*volume.class_index];
  }
  summary.subjects = subjects.size();
}

void AddReport(FileSystem& files, const std::string& directory, DatasetSummary& summary) {
  StatusOr<IngestReport> report = ReadReport(files, directory);
  if (!report.ok()) {
    summary.report_problem = report.status().code() == StatusCode::kNotFound
                                 ? "report.json is not there"
                                 : "report.json cannot be read";
    return;
  }
  summary.report = *std::move(report);
  for (const RejectedVolume& volume : summary.report.rejected) {
    ++summary.rejected[volume.rejection.code];
  }
  for (const Rejection& warning : summary.report.warnings) ++summary.warnings[warning.code];
  for (const AcceptedVolume& volume : summary.report.accepted) {
    for (const Rejection& warning : volume.warnings) ++summary.warnings[warning.code];
  }
}

}  // namespace

DatasetSummary Summarize(FileSystem& files, const std::string& directory,
                         DatasetManifest manifest) {
  DatasetSummary summary;
  summary.manifest = std::move(manifest);
  const auto& volumes = summary.manifest.volumes;
  CountVolumes(summary);
  summary.size = DistributionOf<std::int64_t>(
      volumes, [](const VolumeEntry& volume) { return volume.grid.size; });
  summary.spacing = DistributionOf<double>(
      volumes, [](const VolumeEntry& volume) { return volume.grid.spacing; });
  summary.intensities = GroupIntensities(volumes);
  for (const ShardEntry& shard : summary.manifest.shards) summary.bytes += shard.bytes;
  AddReport(files, directory, summary);
  return summary;
}

StatusOr<DatasetSummary> SummarizeDataset(FileSystem& files, const std::string& directory) {
  GVSL_ASSIGN_OR_RETURN(DatasetManifest manifest, ReadManifest(files, directory));
  return Summarize(files, directory, std::move(manifest));
}

std::vector<std::pair<std::string, std::uint64_t>> Commonest(
    const std::map<std::string, std::uint64_t>& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> list(counts.begin(), counts.end());
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return list;
}

}  // namespace gvsl::data_loader
