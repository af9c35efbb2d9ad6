#include "cli/render/format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <sstream>

#include "common/text.h"

namespace gvsl::cli {
namespace {

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string FormatSeconds(double seconds) {
  if (!(seconds >= 0) || seconds > 1e12) return "-";
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  const std::uint64_t days = whole / 86400, hours = whole / 3600, minutes = whole / 60;
  if (days > 0) return Concat(days, "d", hours % 24, "h");
  if (hours > 0) return Concat(hours, "h", minutes % 60, "m");
  if (minutes > 0) return Concat(minutes, "m", whole % 60, "s");
  return Concat(whole, "s");
}

std::string FormatBytes(std::uint64_t bytes) {
  static constexpr std::array kUnits = {" B", " KiB", " MiB", " GiB", " TiB"};
  if (bytes < 1024) return Concat(bytes, kUnits[0]);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return Concat(std::fixed, std::setprecision(1), value, kUnits[unit]);
}

std::string FormatNumber(double value) {
  if (!std::isfinite(value)) return "-";
  return Concat(std::setprecision(4), value);
}

std::string FormatTime(const google::protobuf::Timestamp& time) {
  const std::time_t seconds = time.seconds();
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return "-";
  return Concat(std::put_time(&utc, "%Y-%m-%d %H:%M:%S"));
}

double SecondsSince(const google::protobuf::Timestamp& time,
                    std::chrono::system_clock::time_point now) {
  const std::chrono::duration<double> since_epoch = now.time_since_epoch();
  return std::max(0.0, since_epoch.count() - static_cast<double>(time.seconds()) -
                           1e-9 * static_cast<double>(time.nanos()));
}

std::string Printable(std::string_view text) {
  std::string result(text);
  std::replace_if(
      result.begin(), result.end(),
      [](unsigned char letter) { return letter < 0x20 || letter == 0x7F; }, ' ');
  for (std::size_t i = 0; i + 1 < result.size(); ++i) {  // U+0080 to U+009F
    if (result[i] == '\xC2' && static_cast<unsigned char>(result[i + 1]) < 0xA0) {
      result.replace(i, 2, " ");
    }
  }
  return result;
}

std::size_t CountColumns(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), IsContinuation));
}

std::string Shorten(std::string_view text, std::size_t columns) {
  if (CountColumns(text) <= columns) return std::string(text);
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (!IsContinuation(text[end]) && seen++ == std::max<std::size_t>(columns, 1) - 1) break;
  }
  return Concat(text.substr(0, end), "…");
}

}  // namespace gvsl::cli
