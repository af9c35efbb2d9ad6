// Series that hold slices of several directions, sizes or stacks. Pure.
#pragma once

#include <vector>

#include "data_loader/dicom_reader.h"

namespace gvsl::data_loader {

// One series for each stack of slices that is large enough for a volume, with the frames of it
// alone, and one of all that is left, whose problem is then its own; in an order that does not
// depend on names of files. The series itself where it is one stack, where none is large enough, or
// where any file has a problem or a frame no place. Files that are no slices (object_kind.h) stay
// with the first.
std::vector<Series> SplitIntoStacks(const Series& series);

}  // namespace gvsl::data_loader
