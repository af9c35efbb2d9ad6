// A file that people write.
#pragma once

#include <string>

#include "common/status.h"

namespace gvsl::cli {

// A file, a pipe, or standard input for "-". INVALID_ARGUMENT (wrong usage) names what cannot be
// read.
StatusOr<std::string> ReadYamlFile(const std::string& path);

}  // namespace gvsl::cli
