// Building messages and machine text without a formatting library (std::format is missing in
// g++ 12, and the rooms that train build without fmt).
#pragma once

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace gvsl {

// The arguments written one after the other with operator<<.
template <typename... Args>
std::string Concat(const Args&... args) {
  std::ostringstream out;
  (out << ... << args);
  return std::move(out).str();
}

// "a, b, c" for the separator ", ".
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

// "1 worker", "2 workers".
std::string Plural(std::uint64_t count, std::string_view noun);

// The known word with the smallest edit distance (Levenshtein) to `word`; empty when `known` is.
std::string NearestWord(std::string_view word, const std::vector<std::string>& known);

// The text with '?' for each byte that is of no UTF-8 character: what a proto string may hold. As
// long as before.
std::string CleanUtf8(std::string text);
// The first bytes of a text, at most `limit`, without cutting a UTF-8 character.
std::string_view CutUtf8(std::string_view text, std::size_t limit);

// Lower-case hexadecimal digits, two a byte.
std::string HexEncode(std::string_view bytes);
// The bytes again; nothing where it is not pairs of such digits.
std::optional<std::string> HexDecode(std::string_view digits);

}  // namespace gvsl
