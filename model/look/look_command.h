// Looking into what a method has trained.
#pragma once

#include <cstdint>
#include <string>

#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::model {

struct LookOptions {
  std::string checkpoint;      // a checkpoint, or a job's directory of checkpoints
  std::string dataset;         // directory; with label maps
  std::string output;          // safetensors file to write
  std::int64_t subjects = 12;  // of which tissue is drawn, a volume each
  std::int64_t voxels = 100;   // of each label of each volume
  std::int64_t pairs = 2;      // in which partners are looked for
  std::uint64_t seed = 1;
};

struct LookSummary {
  std::string method;
  std::uint64_t step = 0;
  std::int64_t tissue_rows = 0;
  std::int64_t points = 0;           // whose partner was looked for
  std::int64_t points_of_label = 0;  // whose partner has the same label
  bool restored = false;
};

// Of the middle of each volume (looked_volume.h). Writes features of labelled voxels, points of
// pairs of subjects with their partners and, of a method that restores, a damaged volume and what
// is made of it. FAILED_PRECONDITION: weights without manifest, or a dataset without labels.
// RESOURCE_EXHAUSTED: memory does not suffice.
StatusOr<LookSummary> Look(FileSystem& files, const LookOptions& options);

std::string ToText(const LookSummary& summary);

}  // namespace gvsl::model
