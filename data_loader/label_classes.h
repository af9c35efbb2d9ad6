// The classes that label values become, and whether a job can learn them. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "common/status.h"
#include "data_loader/downstream.h"

namespace gvsl::data_loader {

using Values = std::set<std::int32_t>;

// INVALID_ARGUMENT: a class of the map is none of 0 to 255.
Status CheckClassMap(const ClassMap& map);

// The number of classes, background included. `trained` are the values that occur in what is
// trained on, `all` those of every part. INVALID_ARGUMENT names a value that is no class, or a
// class that has no voxel, and proposes a map.
StatusOr<std::int32_t> CountClasses(const ClassMap& map, const Values& trained, const Values& all);

// The two classes that `classify` tells apart. `parts`: by field, how many volumes have each value.
using VolumesByValue = std::map<std::int32_t, std::size_t>;
Status CheckTwoClasses(const ClassMap& map, const std::map<std::string, VolumesByValue>& parts);

}  // namespace gvsl::data_loader
