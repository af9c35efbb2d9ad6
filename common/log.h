// Structured logs on standard error, one line an event:
//   2026-11-23T14:50:01.123Z info job_state_changed job=heads-1f2e state=RUNNING generation=3
// A state is logged when it changes, not at every tick, with ids as fields. Never a path of a
// source, never anything out of a DICOM header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/text.h"

namespace gvsl {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// One key=value; values with spaces or quotes are quoted.
struct LogField {
  template <typename T>
  LogField(std::string_view field_key, const T& field_value)
      : key(field_key), value(Concat(field_value)) {}
  std::string key;
  std::string value;
};

// `event` is a snake_case name. Thread-safe.
void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields = {});

inline void LogInfo(std::string_view event, const std::vector<LogField>& fields = {}) {
  Log(LogLevel::kInfo, event, fields);
}
inline void LogWarning(std::string_view event, const std::vector<LogField>& fields = {}) {
  Log(LogLevel::kWarning, event, fields);
}
inline void LogError(std::string_view event, const std::vector<LogField>& fields = {}) {
  Log(LogLevel::kError, event, fields);
}

// Fields that every later line of this process carries (worker=…, for example). Call once, from
// main, before threads start.
void SetLogContext(std::vector<LogField> fields);

// "key=value key2=\"two words\"": what follows the event's name. Pure.
std::string FormatLogFields(const std::vector<LogField>& fields);

}  // namespace gvsl
