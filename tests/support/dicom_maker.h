// DICOM series that tests make: slices as a plain vector, to be shuffled, robbed and bent before
// they are written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "deploy/demo/virtual_subjects/dicom_slice_writer.h"

namespace gvsl::testing {

// A stack of `count` axial slices of 6 x 5 pixels, 2 x 1.5 mm, 3 mm apart; the pixel of column x,
// row y and slice z is 100 z + 10 y + x.
std::vector<demo::DicomSlice> MakeSlices(int count, const std::string& patient = "Doe");

// Writes IM-001.dcm and so on, in the order of the vector; makes the folder.
void WriteSlices(const std::vector<demo::DicomSlice>& slices, const std::string& directory);

// A DICOM object without pixels; by default a structure set.
void WriteObjectWithoutPixels(const demo::DicomSlice& like, const std::string& path,
                              const std::string& sop_class = "1.2.840.10008.5.1.4.1.1.481.3");

// A DICOM file of the given bytes behind preamble, meta header (explicit little endian, or
// deflated) and SOP class.
void WriteDicomBytes(const std::string& path, const std::string& data_set, bool deflated = false);

// A data set of an SOP class and sequences in sequences, `depth` of them, never closed.
std::string NestedSequences(int depth);

}  // namespace gvsl::testing
