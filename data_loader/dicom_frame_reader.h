// What a DICOM object says of its slices, one by one. For dicom_*.cc alone.
#pragma once

#include <vector>

#include "data_loader/dicom_reader.h"

class DcmDataset;

namespace gvsl::data_loader {

// One; of an enhanced object as many as it describes, each as its own functional group says, else
// the one that all share, else the data set itself.
std::vector<DicomFrame> ReadDicomFrames(DcmDataset& dataset);

}  // namespace gvsl::data_loader
