// The header that Siemens scanners put into private elements (0029,xx10) and (0029,xx20): named
// values as text, undocumented by its maker; layout as others have described it. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gvsl::data_loader {

// The values of the first element called `name`, without padding; empty where there is none, or
// where the header breaks off before it. "SV10" and the older form without it.
std::vector<std::string> CsaValues(std::span<const std::uint8_t> header, std::string_view name);

}  // namespace gvsl::data_loader
