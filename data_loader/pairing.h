// Which label map, and which class, belongs to which image: by their names. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data_loader/source_name.h"
#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

struct LabelPairs {
  // By image: the position of its label map, nothing, or LABEL_AMBIGUOUS.
  std::vector<OrRejection<std::optional<std::size_t>>> of_image;
  // Of every label map that no image got: LABEL_WITHOUT_IMAGE or LABEL_AMBIGUOUS.
  std::map<std::size_t, Rejection> unused;
};

// First the same path below the input and the folder of labels (the image's path with its input's
// name before it, then without), then the same stem; each time only where one image and one map of
// those that are left have it.
LabelPairs PairLabels(const std::vector<SourceName>& images, const std::vector<SourceName>& labels);

// The class of each image: of the line that names its path below the input, else its stem. Nothing
// where no line does; CLASS_AMBIGUOUS where a stem is named that images of different paths have.
std::vector<OrRejection<std::optional<std::int32_t>>> PairClasses(
    const std::vector<SourceName>& images, const std::map<std::string, std::int32_t>& classes);

}  // namespace gvsl::data_loader
