// What is in a dataset, counted.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"
#include "data_loader/report.h"

namespace gvsl::data_loader {

// Of all volumes, axis by axis; z, y, x. The median is one of the values, of an even number the
// lower.
template <typename T>
struct Distribution {
  std::array<T, 3> least{}, median{}, greatest{};
};

// The windowed voxels of all volumes of one modality and window together.
struct IntensityGroup {
  std::string modality;
  std::string window;
  std::uint64_t volumes = 0;
  std::uint64_t uncounted = 0;  // of these volumes, without a histogram
  IntensityHistogram histogram{};
};

struct DatasetSummary {
  DatasetManifest manifest;
  std::uint64_t subjects = 0;
  std::uint64_t labelled = 0;
  std::uint64_t bytes = 0;  // of the shards
  Distribution<std::int64_t> size;
  Distribution<double> spacing;
  std::map<std::string, std::uint64_t> sizes;       // "40x50x30", z, y, x: volumes
  std::map<std::string, std::uint64_t> spacings;    // "1x1x1" likewise
  std::map<std::string, std::uint64_t> modalities;  // likewise
  std::map<std::string, std::uint64_t> windows;
  std::map<std::int32_t, std::uint64_t> classes;
  std::map<std::int32_t, std::uint64_t> labels;   // value: volumes that it occurs in
  std::vector<IntensityGroup> intensities;        // by modality, then window
  IngestReport report;                            // empty without one
  std::string report_problem;                     // why there is none; empty when there is
  std::map<std::string, std::uint64_t> rejected;  // by code, from the report
  std::map<std::string, std::uint64_t> warnings;  // likewise, of volumes and of the whole
};

// Pure but for the report, which need not be there. No shard is read.
DatasetSummary Summarize(FileSystem& files, const std::string& directory, DatasetManifest manifest);
// The same, reading the manifest.
StatusOr<DatasetSummary> SummarizeDataset(FileSystem& files, const std::string& directory);

// The commonest first; ties by name.
std::vector<std::pair<std::string, std::uint64_t>> Commonest(
    const std::map<std::string, std::uint64_t>& counts);

}  // namespace gvsl::data_loader
