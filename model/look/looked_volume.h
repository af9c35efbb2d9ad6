// A volume to be looked at.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "common/status.h"
#include "data_loader/dataset.h"

namespace gvsl::model {

// Voxels an axis. A backbone's features of more would not fit into memory.
inline constexpr std::int64_t kLongestLookedAt = 96;

struct LookedVolume {
  at::Tensor voxels;                 // (D, H, W), float32, on the CPU
  std::optional<at::Tensor> labels;  // (D, H, W), int32
  std::uint32_t subject = 0;         // as the manifest numbers them
};

// The middle of the volume, of kLongestLookedAt voxels an axis where it has more. DATA_LOSS names
// the shard's file.
StatusOr<LookedVolume> ReadMiddle(data_loader::Dataset& dataset, std::uint32_t index);

// Labelled volumes, each the first of its subject, ascending; at most `count`.
std::vector<std::uint32_t> LabelledSubjects(const data_loader::DatasetManifest& manifest,
                                            std::size_t count);

// Both zero-padded at their ends to the longer of each axis.
std::pair<at::Tensor, at::Tensor> ToOneSize(const at::Tensor& one, const at::Tensor& other);

}  // namespace gvsl::model
