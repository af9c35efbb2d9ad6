#include "coordinator/page_token.h"

#include <algorithm>
#include <charconv>

#include "common/sha256.h"
#include "common/text.h"

namespace gvsl::coordinator {
namespace {

constexpr std::size_t kCheckDigits = 12;

std::string Check(const std::string& scope, const std::string& position) {
  return Sha256Hex(Concat("page ", scope, " ", position)).substr(0, kCheckDigits);
}

}  // namespace

std::string MakePageToken(const std::string& scope, std::int64_t position) {
  const std::string text = std::to_string(position);
  return Check(scope, text) + text;
}

StatusOr<std::int64_t> ReadPageToken(const std::string& scope, const std::string& token) {
  if (token.empty()) return std::int64_t{0};
  const std::string text = token.size() > kCheckDigits ? token.substr(kCheckDigits) : "";
  std::int64_t position = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), position);
  const bool valid = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
                     token == Check(scope, text) + text;
  if (!valid) {
    return InvalidArgumentError("page_token: no such token was given out")
        .WithViolation("page_token", "no such token was given out");
  }
  return position;
}

std::size_t PageSize(std::uint32_t wanted) {
  return wanted == 0 ? 100 : std::min<std::size_t>(wanted, 1000);
}

}  // namespace gvsl::coordinator
