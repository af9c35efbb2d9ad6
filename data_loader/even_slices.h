// Slices that are not evenly apart, brought onto a grid that is. Pure.
#pragma once

#include <vector>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// `places` of its slices along the third axis: mm from the first, rising. The new ones lie as close
// as the closest, from the first to the last; linear between two. What lies between padding is
// padding and has the volume's least value. TOO_LARGE. Warns with SPACING_EVENED.
OrRejection<RawVolume> SpaceEvenly(const RawVolume& uneven, const std::vector<double>& places);

}  // namespace gvsl::data_loader
