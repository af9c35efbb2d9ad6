// Everything that a folder of golden vectors holds, compared.
#pragma once

#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "model/parity/deviation.h"

namespace gvsl::model {

struct FolderComparison {
  Deviations rows;
  // Tensors that no row is about, as "functions/NAME": a newer folder may hold more than is known.
  std::vector<std::string> not_compared;
};

// Inputs, functions, and every case in both modes, in float32. An error names the file that is
// missing or damaged.
StatusOr<FolderComparison> CompareFolder(FileSystem& files, const std::string& path);

}  // namespace gvsl::model
