// What gvsl-infer did, for people and for machines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/infer/displacement.h"

namespace gvsl::model {

struct InferReport {
  std::optional<std::string> output;  // the file written
  std::optional<std::string> field;
  std::vector<std::uint64_t> voxels;  // of a segmentation, by label
  double voxel_millilitres = 0;
  std::optional<double> probability;             // of a classification
  std::optional<DisplacementLengths> alignment;  // of a registration
  std::vector<std::string> warnings;             // sentences
};

// {output, labels: [{label, voxels, millilitres}]}, or {probability}, or {output, field,
// mean_displacement_mm, greatest_displacement_mm}
std::string ToJson(const InferReport& report);
std::string ToText(const InferReport& report);

}  // namespace gvsl::model
