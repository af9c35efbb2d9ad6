// CT of a tilted gantry: slices that lie evenly beside each other, where a grid has right angles.
// Pure.
#pragma once

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// `to_ras` whose third axis is not across the other two: each slice is moved within its plane onto
// a grid that has right angles and holds all of them; linear between pixels. What no slice covers,
// or only with padding, is padding and has the volume's least value. TOO_LARGE. Warns with
// TILT_CORRECTED.
OrRejection<RawVolume> Straighten(const RawVolume& tilted);

}  // namespace gvsl::data_loader
