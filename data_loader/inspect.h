// Looking at a dataset: is it whole, what is in it, one volume of it as NIfTI.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "data_loader/dataset_manifest.h"

namespace gvsl::data_loader {

struct DamagedFile {
  std::string file;
  std::string reason;
};

// Reads everything and compares every hash; empty when the dataset is whole. NOT_FOUND.
StatusOr<std::vector<DamagedFile>> VerifyDataset(FileSystem& files, const std::string& directory);

struct DatasetSummary {
  DatasetManifest manifest;
  std::uint64_t subjects = 0;
  std::uint64_t labelled = 0;
  std::uint64_t bytes = 0;                          // of the shards
  std::array<std::int64_t, 3> smallest_size{};      // by axis; z, y, x
  std::map<std::string, std::uint64_t> spacings;    // "1x1x1": volumes
  std::map<std::string, std::uint64_t> modalities;  // likewise
  std::map<std::string, std::uint64_t> windows;
  std::map<std::int32_t, std::uint64_t> classes;
  std::map<std::int32_t, std::uint64_t> labels;   // value: volumes that it occurs in
  std::map<std::string, std::uint64_t> rejected;  // by code, from the report; empty without one
};
StatusOr<DatasetSummary> SummarizeDataset(FileSystem& files, const std::string& directory);

// Writes the volume `id` as float32 NIfTI, values 0 to 1, and its labels to `label_output` unless
// that is empty. NOT_FOUND (names a similar id), FAILED_PRECONDITION when it has no labels,
// INVALID_ARGUMENT for names that do not end in .nii or .nii.gz.
Status ExportVolume(FileSystem& files, const std::string& directory, const std::string& id,
                    const std::string& output, const std::string& label_output);

}  // namespace gvsl::data_loader
