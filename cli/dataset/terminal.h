// What gvsl-dataset says on standard error.
#pragma once

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

// INVALID_ARGUMENT is wrong usage; everything else failed.
inline int Fail(const Status& status) {
  std::cerr << "gvsl-dataset: " << Printable(status.message()) << "\n";
  return status.code() == StatusCode::kInvalidArgument ? kWrongUsage : kFailed;
}

// One line an event; the only place where sources are named by their paths.
inline void PrintEvent(const data_loader::IngestEvent& event) {
  using Kind = data_loader::IngestEvent::Kind;
  switch (event.kind) {
    case Kind::kAccepted:
      std::cerr << "accepted  ";
      break;
    case Kind::kRejected:
      std::cerr << "rejected  ";
      break;
    case Kind::kWarning:
      std::cerr << "warning   ";
      break;
  }
  const bool of_several = !event.what.file.empty() && event.what.file != event.path;
  std::cerr << Printable(event.path) << ": ";
  if (of_several) std::cerr << Printable(event.what.file) << ": ";
  if (!event.what.code.empty()) std::cerr << event.what.code << ": ";
  std::cerr << Printable(event.what.reason) << "\n";
}

}  // namespace gvsl::cli::dataset
