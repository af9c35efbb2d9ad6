// One scan laid over another.
#pragma once

#include <vector>

#include "model/infer/scan.h"
#include "model/infer/trained_network.h"

namespace gvsl::model {

struct RegisteredScans {
  std::vector<float> displacement;  // on the fixed scan's own grid: x, y, z of RAS, in mm
  data_loader::RawVolume warped;    // the moving scan's own intensities on that grid
};

// FAILED_PRECONDITION when the weights have no matching head.
StatusOr<RegisteredScans> RegisterScans(FileSystem& files, const TrainedNetwork& trained,
                                        const Scan& fixed, const Scan& moving,
                                        const data_loader::PrepareOptions& options,
                                        at::Device device);

}  // namespace gvsl::model
