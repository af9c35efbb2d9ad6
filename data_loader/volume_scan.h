// All volumes of a dataset, one after the other, in the memory of one shard.
#pragma once

#include <functional>

#include "data_loader/dataset.h"

namespace gvsl::data_loader {

// DATA_LOSS, or what the disk said, in place of the view where its shard cannot be read. The view
// ends with the call; an error ends the scan.
using VisitVolume = std::function<Status(std::uint32_t index, const StatusOr<VolumeView>& view)>;

// In the manifest's order of shards. One shard is mapped at a time, and verified once.
Status ScanVolumes(Dataset& dataset, const VisitVolume& visit);

// Counts the intensities of the volumes of `manifest`, which is the dataset's, that have no
// histogram yet. What cannot be read stays without.
Status CompleteHistograms(Dataset& dataset, DatasetManifest& manifest);

}  // namespace gvsl::data_loader
