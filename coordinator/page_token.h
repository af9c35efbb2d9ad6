// Page tokens: opaque to callers, and checked when they come back.
#pragma once

#include <cstdint>
#include <string>

#include "common/status.h"

namespace gvsl::coordinator {

// `scope` names what is being listed, so that a token of one list is refused by another.
std::string MakePageToken(const std::string& scope, std::int64_t position);
// 0 for the empty token. INVALID_ARGUMENT: no such token was ever given out.
StatusOr<std::int64_t> ReadPageToken(const std::string& scope, const std::string& token);

// The default for 0, the limit for more than that.
std::size_t PageSize(std::uint32_t wanted);

}  // namespace gvsl::coordinator
