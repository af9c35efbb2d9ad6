// Whether a manifest that was parsed makes sense. Pure.
#pragma once

#include <string>

#include "common/status.h"
#include "data_loader/dataset_manifest.h"

namespace gvsl::data_loader {

// Why grid and window of an entry make no sense or go beyond volume_limits.h; empty when they do
// not.
std::string Absurdity(const VolumeEntry& volume);

// DATA_LOSS names the volume or shard: an id twice, an absurd grid, a volume in no shard or in two,
// a hash that does not hold.
Status CheckManifest(const DatasetManifest& manifest);

}  // namespace gvsl::data_loader
