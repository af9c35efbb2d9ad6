// `gvsl-dataset ingest --pacs`: series of a hospital's archive are fetched into OUTPUT.pacs, which
// is then what is ingested.
#pragma once

#include <functional>
#include <optional>

#include "cli/dataset/pacs_options.h"

namespace gvsl::cli::dataset {

// Fetches, and makes the spool the input. An exit status where the command ends here: after
// --dry-run, and with what went wrong. Nothing to do without --pacs. `stopped` is the signal that
// ends it, or 0.
std::optional<int> FetchInputs(PacsArguments& arguments, bool json,
                               const std::function<int()>& stopped,
                               data_loader::IngestOptions& options);

// After the ingestion, whatever it accepted.
void RemoveFetched(const PacsArguments& arguments, const data_loader::IngestOptions& options);

}  // namespace gvsl::cli::dataset
