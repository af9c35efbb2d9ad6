// Bytes as text.
#pragma once

#include <string>
#include <string_view>

namespace gvsl {

// RFC 4648, with padding, without line breaks.
std::string Base64(std::string_view bytes);

}  // namespace gvsl
