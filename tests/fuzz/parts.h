// One input that is several files: a mutation of one moves no boundary of another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace gvsl::fuzz {

inline constexpr std::string_view kBetweenParts = "\n--GVSL--\n";
inline constexpr std::size_t kMostParts = 12;

inline std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes BytesOf(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// At least one; the last is all that is left where there are more than the most.
inline std::vector<std::string_view> PartsOf(Bytes bytes) {
  std::string_view rest = TextOf(bytes);
  std::vector<std::string_view> parts;
  while (parts.size() + 1 < kMostParts) {
    const std::size_t end = rest.find(kBetweenParts);
    if (end == std::string_view::npos) break;
    parts.push_back(rest.substr(0, end));
    rest.remove_prefix(end + kBetweenParts.size());
  }
  parts.push_back(rest);
  return parts;
}

inline std::string Joined(const std::vector<std::string>& parts) {
  std::string joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += kBetweenParts;
    joined += parts[i];
  }
  return joined;
}

}  // namespace gvsl::fuzz
