// What a target's inputs look like when they are right: made when they are needed, never kept.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace gvsl::fuzz {

// By name. Throws where one cannot be made.
std::map<std::string, std::string> SeedsOf(std::string_view target);

}  // namespace gvsl::fuzz
