// The private header of Siemens scanners, as tests make it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gvsl::testing {

using CsaElements = std::vector<std::pair<std::string, std::vector<std::string>>>;

// "SV10", or the older form.
std::string MakeCsa(const CsaElements& elements, bool older = false);

// A protocol that has `slices` positions, `step` mm apart along z, beginning at `first`.
std::string MakeProtocol(int slices, double first, double step);

}  // namespace gvsl::testing
