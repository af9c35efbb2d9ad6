#include "common/log.h"

namespace gvsl {
namespace {

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\') return true;
  }
  return false;
}

std::string Quoted(std::string_view value) {
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ') {
      result += "\\x" + HexEncode({&c, 1});  // nothing that a terminal obeys
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

std::string FormatLogFields(const std::vector<LogField>& fields) {
  std::string result;
  for (const LogField& field : fields) {
    if (!result.empty()) result += ' ';
    result += field.key + '=' + (NeedsQuotes(field.value) ? Quoted(field.value) : field.value);
  }
  return result;
}

}  // namespace gvsl
