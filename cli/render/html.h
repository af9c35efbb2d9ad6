// Text in a page.
#pragma once

#include <string>
#include <string_view>

namespace gvsl::cli {

// As content of an element or value of a quoted attribute.
std::string Escaped(std::string_view text);

}  // namespace gvsl::cli
