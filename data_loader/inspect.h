// Looking at a dataset: is it whole, one volume of it as NIfTI.
#pragma once

#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::data_loader {

struct DamagedFile {
  std::string file;
  std::string reason;
};

// Reads everything and compares every hash; empty when the dataset is whole. NOT_FOUND.
StatusOr<std::vector<DamagedFile>> VerifyDataset(FileSystem& files, const std::string& directory);

// Writes the volume `id` as float32 NIfTI, values 0 to 1, and its labels to `label_output` unless
// that is empty. NOT_FOUND (names a similar id), FAILED_PRECONDITION when it has no labels,
// INVALID_ARGUMENT for names that do not end in .nii or .nii.gz.
Status ExportVolume(FileSystem& files, const std::string& directory, const std::string& id,
                    const std::string& output, const std::string& label_output);

}  // namespace gvsl::data_loader
