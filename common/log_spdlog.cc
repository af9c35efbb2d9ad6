#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "common/log.h"

namespace gvsl {
namespace {

std::vector<LogField>& Context() {
  static std::vector<LogField> context;
  return context;
}

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made =
        std::make_shared<spdlog::logger>("gvsl", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
    made->set_level(spdlog::level::debug);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum Level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void SetLogContext(std::vector<LogField> fields) { Context() = std::move(fields); }

void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  std::vector<LogField> all = fields;
  all.insert(all.end(), Context().begin(), Context().end());
  Logger().log(Level(level), "{} {}", event, FormatLogFields(all));
}

}  // namespace gvsl
