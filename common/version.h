// The version of programs and protocol. Coordinator and workers must have the same one.
#pragma once

#include <string_view>

namespace gvsl {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace gvsl
