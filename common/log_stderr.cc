#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "common/log.h"

namespace gvsl {
namespace {

std::vector<LogField>& Context() {
  static std::vector<LogField> context;
  return context;
}

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

}  // namespace

void SetLogContext(std::vector<LogField> fields) { Context() = std::move(fields); }

void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = milliseconds / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::vector<LogField> all = fields;
  all.insert(all.end(), Context().begin(), Context().end());
  std::fprintf(stderr, "%s.%03dZ %s %s %s\n", stamp.data(), static_cast<int>(milliseconds % 1000),
               LevelName(level), std::string(event).c_str(), FormatLogFields(all).c_str());
}

}  // namespace gvsl
