// Dealing the subjects of a dataset to the parts of a downstream job. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/downstream.h"

namespace gvsl::data_loader {

// INVALID_ARGUMENT with a violation for the field.
Status RefuseField(const std::string& field, const std::string& reason);

// Deals the volumes `usable` (indices, ascending), whole subjects in an order drawn from the seed,
// in which the classes of volumes, where there are any and `by_class` says so, come evenly: each
// part but "rest" takes those that still fit in its number, train first and test last, and
// "rest" takes what is left. `kind` completes messages: "with labels".
StatusOr<Split> SplitBySubject(const DatasetManifest& manifest,
                               const std::vector<std::uint32_t>& usable,
                               const SplitRequest& request, std::uint64_t seed,
                               const std::string& kind, bool by_class = false);

// How many subjects the volumes are of.
std::size_t CountSubjects(const DatasetManifest& manifest,
                          const std::vector<std::uint32_t>& volumes);

}  // namespace gvsl::data_loader
