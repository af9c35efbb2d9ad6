// JSON that somebody else wrote.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "common/status.h"

namespace gvsl {

// DATA_LOSS: not JSON, or nested deeper than 64 levels. Does not throw, and no text overflows the
// stack, whatever nlohmann-json's version.
StatusOr<nlohmann::json> ParseJson(std::string_view text);

}  // namespace gvsl
