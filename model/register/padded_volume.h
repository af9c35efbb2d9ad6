// A dataset's volume as tensors, on the grid that all of them share.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "common/status.h"
#include "data_loader/dataset.h"
#include "model/metrics/warp_labels.h"

namespace gvsl::model {

struct PaddedVolume {
  at::Tensor voxels;             // (D, H, W), float32, on the CPU
  std::optional<Labels> labels;  // of the same grid
};

// Zero-padded at its ends to the dataset's largest size. DATA_LOSS names the shard's file.
StatusOr<PaddedVolume> ReadPadded(data_loader::Dataset& dataset, std::uint32_t index);

}  // namespace gvsl::model
