// What a downstream job makes of a dataset: the volumes that it trains on and those that it is
// measured on, and the classes that it tells apart. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/status.h"
#include "data_loader/dataset_manifest.h"

namespace gvsl::data_loader {

// What a volume is measured by, and so has to have.
enum class Truth {
  kLabels,  // a label map
  kClass,   // one class for the whole volume
  kNone,    // nothing; a label map is used where there is one
};

// From a value to its class. Empty: values are classes. Else what is not named is background, 0.
using ClassMap = std::map<std::int32_t, std::int32_t>;
std::int32_t ClassOf(const ClassMap& map, std::int32_t value);

// How many volumes: a number ("40"), a share of those that can be used ("60%"), or "rest".
struct SplitRequest {
  std::string train = "60%";
  std::string validation = "20%";
  std::string test = "rest";
};

struct DownstreamRequest {
  Truth truth = Truth::kLabels;
  SplitRequest split;
  ClassMap labels;
  std::uint64_t seed = 1;
};

// Indices into the manifest's volumes, ascending. No subject is in two parts.
struct Split {
  std::vector<std::uint32_t> train;
  std::vector<std::uint32_t> validation;
  std::vector<std::uint32_t> test;
};

struct Downstream {
  Split split;
  // Background included: label maps hold 0 to classes - 1, each of which but the background occurs
  // in the volumes to train on. Of kClass, the classes of volumes. Of kNone without labels, 0.
  std::int32_t classes = 0;
};

// A pure function of the manifest and the request. INVALID_ARGUMENT with the field that is wrong
// (split.train, labels, dataset): a part that is no number, too few volumes, volumes without what
// they are measured by, a class with no voxel, an axis under 16 voxels. FAILED_PRECONDITION: the
// manifest was written before it said which labels occur.
StatusOr<Downstream> PlanDownstream(const DatasetManifest& manifest,
                                    const DownstreamRequest& request);

}  // namespace gvsl::data_loader
