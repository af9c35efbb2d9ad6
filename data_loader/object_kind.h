// Which DICOM objects belong to images and are none, by their SOP classes (DICOM PS3.4, table
// B.5-1). Pure.
#pragma once

#include <string_view>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// SEGMENTATION, STRUCTURE_SET, DOSE, PLAN, REPORT, PRESENTATION_STATE, ENCAPSULATED_DOCUMENT,
// REGISTRATION; an empty code for everything else.
Rejection ProblemOfKind(std::string_view sop_class);

}  // namespace gvsl::data_loader
