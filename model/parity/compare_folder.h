// Everything that a folder of golden vectors holds, compared.
#pragma once

#include <string>

#include "common/file_system.h"
#include "common/status.h"
#include "model/parity/deviation.h"

namespace gvsl::model {

// Inputs, functions, and every case in both modes, in float32. An error names the file that is
// missing or damaged.
StatusOr<Deviations> CompareFolder(FileSystem& files, const std::string& path);

}  // namespace gvsl::model
