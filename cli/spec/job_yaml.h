// JOB.yaml <-> JobSpec, and COMPARISON.yaml -> ComparisonSpec, by descriptor. The one place that
// knows yaml-cpp; nothing thrown leaves it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/status.h"
#include "gvsl/v1/comparison.pb.h"
#include "gvsl/v1/job.pb.h"

namespace gvsl::cli {

// `settings` are "dotted.key=YAML value", applied over the file in order (a list replaces a list, a
// map is merged). INVALID_ARGUMENT carries every violation at once, in the order of the file: the
// key's path, what is wrong, the nearest known key or value, and the line. Keys and types are
// checked here; which values make sense together is the coordinator's to say.
StatusOr<v1::JobSpec> ParseJobYaml(std::string_view yaml, const std::string& file_name,
                                   const std::vector<std::string>& settings = {});

// The same for a comparison.
StatusOr<v1::ComparisonSpec> ParseComparisonYaml(std::string_view yaml,
                                                 const std::string& file_name,
                                                 const std::vector<std::string>& settings = {});

// The spec as a job file that parses to the same spec; absent fields are left out.
std::string FormatJobYaml(const v1::JobSpec& spec);

}  // namespace gvsl::cli
