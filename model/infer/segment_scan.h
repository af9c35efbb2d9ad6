// A label for each voxel of a scan.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/infer/scan.h"
#include "model/infer/trained_network.h"

namespace gvsl::model {

// (classes, D, H, W) on the CPU, each voxel's adding up to 1: the mean over the windows that see
// it. Windows are the checkpoint's patch; the whole volume where it says none.
StatusOr<at::Tensor> ClassProbabilities(FileSystem& files, const TrainedNetwork& trained,
                                        const PreparedScan& scan, at::Device device);

// The likeliest class at each voxel of `grid`, the lowest of equals: each class' probabilities are
// read between the voxels of `from`, one class at a time.
std::vector<double> LikeliestClasses(const at::Tensor& probabilities,
                                     const data_loader::VoxelGrid& from,
                                     const data_loader::VoxelGrid& grid);

}  // namespace gvsl::model
