// One probability for a scan.
#pragma once

#include "model/infer/scan.h"
#include "model/infer/trained_network.h"

namespace gvsl::model {

// That the scan is of class 1: the sigmoid of the mean score of windows that overlap by half, with
// zeros at the ends of axes that are shorter than the checkpoint's patch.
StatusOr<double> ClassProbability(FileSystem& files, const TrainedNetwork& trained,
                                  const PreparedScan& scan, at::Device device);

}  // namespace gvsl::model
