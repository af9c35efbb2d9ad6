// How much a volume will be, from headers alone, before it is read.
#pragma once

#include <cstdint>

#include "data_loader/ingest_inputs.h"
#include "data_loader/prepare_volume.h"

namespace gvsl::data_loader {

struct IngestEstimate {
  std::uint64_t input_bytes = 0;   // of its files
  std::uint64_t memory_bytes = 0;  // while it is read and prepared; rather too much
  std::uint64_t part_bytes = 0;    // of what is written, about; 0 where headers do not tell
};

// Opens the files of formats whose scan does not. Never fails: a file that cannot be read needs
// little. Of a volume that is done, and may have to be done again, nothing more is written.
// Thread-safe.
IngestEstimate EstimateVolume(const PlannedVolume& planned, const PrepareOptions& options,
                              bool is_done);

}  // namespace gvsl::data_loader
