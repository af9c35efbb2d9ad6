// Which DICOM objects belong to images and are none, by their SOP classes (DICOM PS3.4, table
// B.5-1). Pure.
#pragma once

#include <string_view>

#include "data_loader/volume_reader.h"

namespace gvsl::data_loader {

// SEGMENTATION, STRUCTURE_SET, DOSE, PLAN, REPORT, PRESENTATION_STATE, ENCAPSULATED_DOCUMENT,
// REGISTRATION; an empty code for everything else.
Rejection ProblemOfKind(std::string_view sop_class);

// SECONDARY_CAPTURE for objects that screens and scanners of paper make, such as dose reports; an
// empty code for everything else. Some programs write volumes so: ask where nothing places it.
Rejection ProblemOfCapture(std::string_view sop_class);

// Whether a file with this problem is no slice of its series' volume, which does not need it.
bool IsNoSlice(std::string_view code);

}  // namespace gvsl::data_loader
