// Series that hold slices of several directions, sizes or stacks. Pure.
#pragma once

#include <vector>

#include "data_loader/dicom_reader.h"

namespace gvsl::data_loader {

struct SeriesStacks {
  std::vector<Series> stacks;  // each with the frames of it alone
  Series rest;                 // files of stacks that are too small for a volume
};

// By frame of reference, direction, where it differs clearly, size, pixel spacing and
// what frames say of their stack; in the order of instance numbers, which names of files do not
// change. One stack, the series itself, where none is large enough, one holds several directions,
// there are very many, or any file has a problem or a frame no place. Files that are no slices
// (object_kind.h) stay with the first.
SeriesStacks SplitIntoStacks(Series series);

}  // namespace gvsl::data_loader
