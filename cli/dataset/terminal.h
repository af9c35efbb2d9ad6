// What gvsl-dataset says on standard error.
#pragma once

#include <iostream>

#include "cli/dataset/commands.h"
#include "common/status.h"
#include "data_loader/ingest.h"

namespace gvsl::cli::dataset {

// INVALID_ARGUMENT is wrong usage; everything else failed.
inline int Fail(const Status& status) {
  std::cerr << "gvsl-dataset: " << status.message() << "\n";
  return status.code() == StatusCode::kInvalidArgument ? kWrongUsage : kFailed;
}

// One line an event; the only place where sources are named by their paths.
inline void PrintEvent(const data_loader::IngestEvent& event) {
  using Kind = data_loader::IngestEvent::Kind;
  switch (event.kind) {
    case Kind::kAccepted:
      std::cerr << "accepted  " << event.path << ": ";
      break;
    case Kind::kRejected:
      std::cerr << "rejected  " << event.path << ": ";
      break;
    case Kind::kWarning:
      std::cerr << "warning   " << event.path << ": ";
      break;
  }
  if (!event.what.code.empty()) std::cerr << event.what.code << ": ";
  std::cerr << event.what.reason << "\n";
}

}  // namespace gvsl::cli::dataset
