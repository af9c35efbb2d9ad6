// The order, the ids and the subjects of a dataset's volumes: a pure function of their content, so
// that neither paths nor the order of reading shows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data_loader/dataset_manifest.h"

namespace gvsl::data_loader {

struct OrderedVolumes {
  std::vector<std::size_t> order;  // positions in the input
  std::vector<std::string> ids;    // by position in the order; "-2" for the second of a content
  std::vector<std::uint32_t> subjects;  // likewise
};

// `entries[i].id` is the content id; `subject_keys[i]` groups volumes of one subject, and equal
// content does, too.
OrderedVolumes OrderVolumes(const std::vector<VolumeEntry>& entries,
                            const std::vector<std::string>& subject_keys);

}  // namespace gvsl::data_loader
