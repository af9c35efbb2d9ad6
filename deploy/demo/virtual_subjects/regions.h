// Merging the 116 regions of the AAL atlas into few big ones, so that overlap at 5 mm means
// something.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gvsl::demo {

// Names of the regions 1, 2, …
const std::vector<std::string>& RegionNames();

// The region of an AAL label, 0 for none. AAL counts left odd and right even up to 108; the vermis
// (109 to 116) lies between.
std::int32_t RegionOfAal(std::int32_t label);

}  // namespace gvsl::demo
