// Numbers and times as people read them. Pure.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <string>
#include <string_view>

namespace gvsl::cli {

// "3d4h", "2h5m", "7m12s", "9s"; "-" for what is not finite or negative.
std::string FormatSeconds(double seconds);
// "312 B", "1.5 MiB".
std::string FormatBytes(std::uint64_t bytes);
// Four significant digits; "-" where there is none.
std::string FormatNumber(double value);
// "2026-11-23 15:04:05" (UTC).
std::string FormatTime(const google::protobuf::Timestamp& time);
// Seconds from `time` to `now`.
double SecondsSince(const google::protobuf::Timestamp& time,
                    std::chrono::system_clock::time_point now);
// A text of somebody else's for a terminal: control characters (C0, DEL, C1) become spaces.
std::string Printable(std::string_view text);
// At most `columns` characters (code points), the last one "…" where something was cut off.
std::string Shorten(std::string_view text, std::size_t columns);
std::size_t CountColumns(std::string_view text);

}  // namespace gvsl::cli
