// Aligning pairs of a dataset with a trained network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/file_system.h"
#include "common/status.h"
#include "model/register/register_report.h"
#include "model/released_geometry.h"

namespace gvsl::model {

struct RegisterOptions {
  std::string weights;  // model.safetensors, or a file of torch.save
  std::string dataset;  // directory
  std::size_t pairs = 8;
  std::uint64_t seed = 1;
  Geometry geometry = Geometry::kCorrected;
  std::optional<std::string> output;  // directory for pictures, pair-000.png and so on
};

// Draws pairs, aligns B to A, measures on A's grid, before and after, how well the images correlate
// and, where there are labels, how well these overlap. Volumes are zero-padded at their ends to the
// dataset's largest size, as in training.
StatusOr<std::vector<RegisteredPair>> RegisterPairs(FileSystem& files,
                                                    const RegisterOptions& options);

}  // namespace gvsl::model
