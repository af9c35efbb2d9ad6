#include "data_loader/suspicion.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <map>
#include <numeric>
#include <sstream>

#include "common/text.h"
#include "data_loader/outliers.h"

namespace gvsl::data_loader {
namespace {

constexpr double kFar = 5;           // standard deviations
constexpr double kLeastMove = 0.01;  // of the intensity range
constexpr double kLeastRatio = 0.1;  // of logarithms: lengths within 65 % are never unusual
constexpr double kNearlyAll = 0.98;  // of the voxels in one bin
constexpr double kClipped = 0.2;     // of the voxels in the last bin
constexpr double kLabelledMost = 0.9;
constexpr double kThick = 5;  // mm, or times the finest spacing
constexpr std::int64_t kFewSlices = 8;
constexpr double kLongest = 1e9;  // mm; a manifest may say anything finite

std::string Number(double value) {
  std::ostringstream text;
  text << std::setprecision(3) << value;
  return text.str();
}

void Raise(Suspicion& suspicion, double weight, const char* code, const std::string& reason) {
  suspicion.score += weight;
  suspicion.flags.push_back({code, reason});
}

using Members = std::vector<std::uint32_t>;

template <typename Key>
std::map<std::string, Members> GroupBy(const std::vector<VolumeEntry>& volumes, Key key) {
  std::map<std::string, Members> groups;
  for (std::uint32_t i = 0; i < volumes.size(); ++i) {
    const std::string name = key(volumes[i]);
    if (!name.empty()) groups[name].push_back(i);
  }
  return groups;
}

// Logarithms of a length in mm; `length` gives it by axis.
template <typename Length>
void JudgeLengths(const std::vector<VolumeEntry>& volumes, const Members& members, Length length,
                  const char* code, const char* what, std::vector<Suspicion>& suspicions) {
  std::vector<double> worst(members.size(), 0), ratio(members.size(), 1);
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<double> logs;
    for (const std::uint32_t i : members) {
      logs.push_back(std::log(std::clamp(length(volumes[i].grid, axis), 1e-9, kLongest)));
    }
    const std::vector<double> far = RobustDistances(logs, kLeastRatio);
    const double median = Median(logs);
    for (std::size_t k = 0; k < members.size(); ++k) {
      if (far[k] <= worst[k]) continue;
      worst[k] = far[k];
      ratio[k] = std::exp(logs[k] - median);
    }
  }
  for (std::size_t k = 0; k < members.size(); ++k) {
    if (worst[k] <= kFar) continue;
    Raise(suspicions[members[k]], 10 + std::min(worst[k], 50.0), code,
          Concat(what, " along an axis is ", Number(ratio[k]), " times the usual"));
  }
}

void JudgeIntensities(const std::vector<VolumeEntry>& volumes, const Members& members,
                      std::vector<Suspicion>& suspicions) {
  std::vector<IntensityHistogram> histograms;
  for (const std::uint32_t i : members) histograms.push_back(*volumes[i].histogram);
  const std::vector<double> moved = DistancesToMedian(histograms);
  const std::vector<double> far = RobustDistances(moved, kLeastMove);
  const double usual = Median(moved);
  for (std::size_t k = 0; k < members.size(); ++k) {
    if (moved[k] <= usual) continue;
    Suspicion& suspicion = suspicions[members[k]];
    suspicion.score += 0.1 * std::min(far[k], kFar);
    if (far[k] <= kFar) continue;
    Raise(suspicion, 10 + std::min(far[k], 50.0), "UNUSUAL_INTENSITIES",
          Concat("its histogram lies ", Number(moved[k]),
                 " of the window away from the median of its kind, usual are ", Number(usual)));
  }
}

void JudgeHistogram(const IntensityHistogram& histogram, Suspicion& suspicion) {
  const auto total = static_cast<double>(std::max<std::uint64_t>(1, CountOf(histogram)));
  const double most =
      static_cast<double>(*std::max_element(histogram.begin(), histogram.end())) / total;
  if (most >= kNearlyAll) {
    Raise(suspicion, 100, "NEARLY_EMPTY",
          Concat(Number(100 * most), " % of its voxels have about one value"));
  } else if (const double last = static_cast<double>(histogram.back()) / total; last >= kClipped) {
    Raise(suspicion, 40, "CLIPPED",
          Concat(Number(100 * last), " % of its voxels are at the window's upper end"));
  }
}

void JudgeLabels(const std::map<std::int32_t, std::uint64_t>& voxels, Suspicion& suspicion) {
  double background = 0, total = 0;
  for (const auto& [value, count] : voxels) {
    total += static_cast<double>(count);
    if (value == 0) background = static_cast<double>(count);
  }
  const double covered = total > 0 ? 1 - background / total : 0;
  if (covered == 0) Raise(suspicion, 60, "LABELS_EMPTY", "its label map is 0 everywhere");
  if (covered > kLabelledMost) {
    Raise(suspicion, 60, "LABELS_ALMOST_ALL",
          Concat("its labels cover ", Number(100 * covered), " % of it"));
  }
}

void JudgeGrid(const Grid& grid, Suspicion& suspicion) {
  const auto [fine, thick] = std::minmax_element(grid.spacing.begin(), grid.spacing.end());
  if (*thick >= kThick || *thick >= kThick * *fine) {
    Raise(suspicion, 20, "THICK_SLICES",
          Concat(Number(*thick), " mm apart along an axis, ", Number(*fine), " along another"));
  }
  if (const auto few = *std::min_element(grid.size.begin(), grid.size.end()); few < kFewSlices) {
    Raise(suspicion, 20, "FEW_SLICES",
          Concat("only ", Plural(static_cast<std::uint64_t>(few), "voxel"), " along an axis"));
  }
}

void JudgeAlone(const VolumeEntry& volume, Suspicion& suspicion) {
  if (volume.histogram) JudgeHistogram(*volume.histogram, suspicion);
  if (!volume.label_voxels.empty()) JudgeLabels(volume.label_voxels, suspicion);
  JudgeGrid(volume.grid, suspicion);
}

void AddWarnings(const std::vector<VolumeEntry>& volumes, const IngestReport& report,
                 std::vector<Suspicion>& suspicions) {
  std::map<std::string, const AcceptedVolume*> by_id;
  for (const AcceptedVolume& accepted : report.accepted) by_id[accepted.id] = &accepted;
  for (std::uint32_t i = 0; i < volumes.size(); ++i) {
    const auto found = by_id.find(volumes[i].id);
    if (found == by_id.end()) continue;
    suspicions[i].warnings = found->second->warnings;
    suspicions[i].score += static_cast<double>(suspicions[i].warnings.size());
  }
}

}  // namespace

std::vector<Suspicion> JudgeVolumes(const DatasetManifest& manifest, const IngestReport& report) {
  const auto& volumes = manifest.volumes;
  std::vector<Suspicion> suspicions(volumes.size());
  for (std::uint32_t i = 0; i < volumes.size(); ++i) JudgeAlone(volumes[i], suspicions[i]);
  for (const auto& [kind, members] : GroupBy(volumes, [](const VolumeEntry& volume) {
         return volume.histogram ? Concat(volume.modality, " ", volume.window) : "";
       })) {
    JudgeIntensities(volumes, members, suspicions);
  }
  for (const auto& [modality, members] :
       GroupBy(volumes, [](const VolumeEntry& volume) { return "of " + volume.modality; })) {
    JudgeLengths(
        volumes, members,
        [](const Grid& grid, int axis) {
          return static_cast<double>(grid.size[axis]) * grid.spacing[axis];
        },
        "UNUSUAL_EXTENT", "its extent", suspicions);
    JudgeLengths(
        volumes, members, [](const Grid& grid, int axis) { return grid.spacing[axis]; },
        "UNUSUAL_SPACING", "its spacing", suspicions);
  }
  for (const auto& [content, members] : GroupBy(volumes, [](const VolumeEntry& volume) {
         return volume.id.substr(0, volume.id.find('-'));
       })) {
    if (members.size() < 2) continue;
    for (const std::uint32_t i : members) {
      Raise(suspicions[i], 50, "SAME_VOXELS",
            Concat(members.size(), " volumes have its voxels and its grid"));
    }
  }
  AddWarnings(volumes, report, suspicions);
  return suspicions;
}

std::vector<std::uint32_t> RankBySuspicion(const std::vector<Suspicion>& suspicions) {
  std::vector<std::uint32_t> order(suspicions.size()), rank(suspicions.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return suspicions[a].score > suspicions[b].score;
  });
  for (std::uint32_t place = 0; place < order.size(); ++place) rank[order[place]] = place;
  return rank;
}

}  // namespace gvsl::data_loader
