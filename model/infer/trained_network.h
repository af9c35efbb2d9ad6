// A checkpoint whose network is to be used.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/checkpoint_manifest.h"
#include "common/file_system.h"
#include "common/status.h"

namespace gvsl::model {

struct TrainedNetwork {
  CheckpointManifest manifest;
  std::string weights;                // path of model.safetensors
  std::vector<std::string> warnings;  // newer checkpoints that were passed over, and why
};

// `path` is a checkpoint (…/step-000000500), or a job's checkpoint directory, of which it is the
// best, or else the newest whole one. The hash of the weights is compared. NOT_FOUND: no checkpoint
// there. DATA_LOSS: damaged, or the manifest says what no network can be.
StatusOr<TrainedNetwork> OpenTrainedNetwork(FileSystem& files, const std::string& path);

// What the network sees of a volume of `size` at once: its patch; all of an axis where the manifest
// says none.
std::array<std::int64_t, 3> WindowOver(const TrainedNetwork& trained,
                                       const std::array<std::int64_t, 3>& size);

}  // namespace gvsl::model
