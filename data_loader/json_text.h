// JSON that somebody else may have written.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "common/status.h"

namespace gvsl::data_loader {

// DATA_LOSS when it is no JSON, or nested deeper than any file of ours (the library copies and
// writes by recursion).
StatusOr<nlohmann::json> ParseJson(std::string_view text);

}  // namespace gvsl::data_loader
