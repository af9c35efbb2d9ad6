// What gvsl-dataset says on standard error.
#pragma once

#include <unistd.h>

#include <iostream>
#include <string>

#include "cli/dataset/commands.h"
#include "common/status.h"
#include "common/text.h"
#include "data_loader/ingest.h"

namespace gvsl::cli::dataset {

// Control characters, which names can hold, as \xNN: an event stays one line.
inline std::string Printable(const std::string& text) {
  std::string printable;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x20 && byte != 0x7f) {
      printable += letter;
    } else {
      printable += "\\x" + HexEncode({&letter, 1});
    }
  }
  return printable;
}

// Whether a person reads standard error; else it may be a log.
inline bool IsTerminal() { return ::isatty(STDERR_FILENO) == 1; }

// INVALID_ARGUMENT is wrong usage; everything else failed.
inline int Fail(const Status& status) {
  std::cerr << "gvsl-dataset: " << Printable(status.message()) << "\n";
  return status.code() == StatusCode::kInvalidArgument ? kWrongUsage : kFailed;
}

// One line an event, without its end; the only place where sources are named by their paths, or
// else by what the report calls them.
inline std::string EventText(const data_loader::IngestEvent& event, bool by_path = true) {
  using Kind = data_loader::IngestEvent::Kind;
  std::string text = event.kind == Kind::kAccepted   ? "accepted  "
                     : event.kind == Kind::kRejected ? "rejected  "
                                                     : "warning   ";
  const bool of_several = !event.what.file.empty() && event.what.file != event.path;
  text +=
      (by_path || event.source.empty() ? Printable(event.path) : "source " + event.source) + ": ";
  if (by_path && of_several) text += Printable(event.what.file) + ": ";
  if (!event.what.code.empty()) text += event.what.code + ": ";
  return text + Printable(event.what.reason);
}

inline void PrintEvent(const data_loader::IngestEvent& event) {
  std::cerr << EventText(event) << "\n";
}

}  // namespace gvsl::cli::dataset
