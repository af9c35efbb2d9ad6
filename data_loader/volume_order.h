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

// The subjects of volumes that go behind those of another dataset: equal keys are of one subject
// across both, and what is new is numbered behind what is there. `subjects` are the new volumes' by
// OrderVolumes, `keys` theirs by the same position; of `old_keys` empty ones are not known.
std::vector<std::uint32_t> SubjectsBehind(const std::vector<VolumeEntry>& old_volumes,
                                          const std::vector<std::string>& old_keys,
                                          const std::vector<std::uint32_t>& subjects,
                                          const std::vector<std::string>& keys);

}  // namespace gvsl::data_loader
